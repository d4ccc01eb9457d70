/**
 * Who may use the console: nobody, whoever knows the token, or (in development) whoever sits at this machine.
 *
 * A login gives a session: a signed cookie that expires. The signing key is derived from the token, so that sessions outlive a restart, hold at every
 * node with the same token, and all end when the token changes. Lost in a crash: who has logged out before the session's end, and failed tries.
 */
import { createHash, hkdfSync, timingSafeEqual } from "node:crypto";
import { jwtVerify, SignJWT } from "jose";
import { type Clock, HOUR, MINUTE, SECOND } from "../../core/index.ts";

/** The value of the setting that asks for no login, and lets in only this machine. */
export const OPEN_CONSOLE = "open";

export const SESSION_COOKIE = "godwit_console";
export const SESSION_MS: number = 12 * HOUR;
const MAX_FAILURES = 5;
const FAILURE_WINDOW_MS: number = MINUTE;
/** Addresses whose failures are remembered; past it the oldest are forgotten. */
const MAX_ADDRESSES = 10_000;
const MAX_REVOKED = 10_000;

/** What a request shows of who sends it. */
export interface Caller {
  readonly cookie: string | undefined;
  /** The `Host` header. */
  readonly host: string | null;
  /** Address of the other end; empty when unknown. */
  readonly peer: string;
  /** Did a proxy pass it on? Then the address is the proxy's. */
  readonly isForwarded: boolean;
}

/** `id` names the session in what it decides, and closes its sockets when it logs out. */
export interface ConsoleSession {
  readonly id: string;
  /** Wall time; null: never. */
  readonly expiresAtMs: number | null;
}

export type LoginOutcome =
  | { readonly kind: "welcome"; readonly cookie: string }
  | { readonly kind: "wrong" }
  | { readonly kind: "wait" };

export interface ConsoleAccess {
  readonly mode: "off" | "token" | "open";
  /** Undefined: not logged in. */
  session(caller: Caller): Promise<ConsoleSession | undefined>;
  login(password: string, peer: string): Promise<LoginOutcome>;
  logout(session: ConsoleSession): void;
}

/** By the setting `consoleToken`: undefined switches the console off, `open` needs no login. */
export function createConsoleAccess(token: string | undefined, clock: Clock): ConsoleAccess {
  if (token === undefined) return CLOSED;
  return token === OPEN_CONSOLE ? OPEN : new TokenAccess(token, clock);
}

const CLOSED: ConsoleAccess = {
  mode: "off",
  session: async () => undefined,
  login: async () => ({ kind: "wrong" }),
  logout: () => {},
};

const FOR_EVER: ConsoleSession = { id: "this-machine", expiresAtMs: null };

/** The host is looked at too: another site's name may be made to point at this machine (DNS rebinding). */
const OPEN: ConsoleAccess = {
  ...CLOSED,
  mode: "open",
  session: async ({ peer, host, isForwarded }) =>
    isLoopback(peer) && isLocalHost(host) && !isForwarded ? FOR_EVER : undefined,
};

/** By the headers that a proxy adds. */
export function isForwarded(hasHeader: (name: string) => boolean): boolean {
  return ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"].some(hasHeader);
}

function isLoopback(peer: string): boolean {
  return peer === "::1" || /^(?:::ffff:)?127\./.test(peer);
}

function isLocalHost(host: string | null): boolean {
  const name = host === null ? undefined : URL.parse(`http://${host}`)?.hostname;
  return name === "localhost" || name === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(name ?? "");
}

class TokenAccess implements ConsoleAccess {
  readonly mode = "token";
  readonly #clock: Clock;
  readonly #digest: Buffer;
  readonly #key: Uint8Array;
  readonly #failures = new Map<string, number[]>();
  readonly #revoked = new Set<string>();

  constructor(token: string, clock: Clock) {
    this.#clock = clock;
    this.#digest = sha256(token);
    this.#key = new Uint8Array(hkdfSync("sha256", token, "", "godwit console session", 32));
  }

  async session({ cookie }: Caller): Promise<ConsoleSession | undefined> {
    if (cookie === undefined) return undefined;
    const currentDate = new Date(this.#clock.wallMs());
    const verified = await jwtVerify(cookie, this.#key, { algorithms: ["HS256"], currentDate }).catch(() => undefined);
    const { jti: id, exp } = verified?.payload ?? {};
    return id === undefined || exp === undefined || this.#revoked.has(id)
      ? undefined
      : { id, expiresAtMs: exp * SECOND };
  }

  async login(password: string, peer: string): Promise<LoginOutcome> {
    const now = this.#clock.monotonicMs();
    const failures = (this.#failures.get(peer) ?? []).filter((atMs) => atMs > now - FAILURE_WINDOW_MS);
    if (failures.length >= MAX_FAILURES) return { kind: "wait" };
    if (timingSafeEqual(sha256(password), this.#digest)) {
      this.#failures.delete(peer);
      return { kind: "welcome", cookie: await this.#sign() };
    }
    this.#failures.delete(peer); // Set again, so that the map is in the order of the newest failure.
    this.#failures.set(peer, [...failures, now]);
    forgetOldest(this.#failures, MAX_ADDRESSES);
    return { kind: "wrong" };
  }

  logout(session: ConsoleSession): void {
    this.#revoked.add(session.id);
    forgetOldest(this.#revoked, MAX_REVOKED);
  }

  #sign(): Promise<string> {
    const seconds = Math.floor(this.#clock.wallMs() / SECOND);
    return new SignJWT()
      .setProtectedHeader({ alg: "HS256" })
      .setJti(crypto.randomUUID())
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + SESSION_MS / SECOND)
      .sign(this.#key);
  }
}

/** Digests have one length, whatever was typed: comparing them tells nothing. */
function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function forgetOldest<K>(kept: Map<K, unknown> | Set<K>, most: number): void {
  for (const key of kept.keys()) {
    if (kept.size <= most) return;
    kept.delete(key);
  }
}
