/**
 * Long-poll sessions: a socket's wires where WebSockets do not pass. Pure of HTTP: the door turns requests into `open`, `poll` and `publish`.
 *
 * A session: `open` → `gone`, when it is closed, or not polled for one and a half windows. What is sent to it waits in `messages` for the next
 * poll; the engine's bound on a socket's queue bounds that too (CVE-2026-32689). The status words are in the body of an HTTP 200, as the client wants them.
 */
import { type Clock, SECOND, type Timer } from "../../core/index.ts";
import { MalformedFrameError } from "../../wire/index.ts";
import type { Admission, ChannelGateway } from "./gateway.ts";
import type { SocketSession } from "./socket-session.ts";
import type { SocketTransport } from "./transport.ts";

export const LONG_POLL_STATUS = {
  ok: 200,
  noContent: 204,
  forbidden: 403,
  gone: 410,
  tooLarge: 413,
  unavailable: 500,
} as const;

/** The body of an answer to GET. */
export interface PollAnswer {
  readonly status: number;
  readonly token: string | null;
  readonly messages: readonly string[];
}

/** How long a poll waits for a message. The client gives up after twice that. */
const WINDOW_MS = 10 * SECOND;
/** Newer clients post at most 100 at once, older ones all that they have. */
const MAX_LINES = 1_000;
/** Tells a session's token from a `token` param of the app's own. */
const TOKEN_PREFIX = "lp_";

export class LongPolls {
  readonly #gateway: ChannelGateway;
  readonly #sessions = new Map<string, LongPollSession>();

  constructor(gateway: ChannelGateway) {
    this.#gateway = gateway;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Is it a session's token, living or gone? */
  static isToken(token: string | null): token is string {
    return token?.startsWith(TOKEN_PREFIX) ?? false;
  }

  /** Opens a session. The client takes 410 with a token for "opened". */
  open(admission: Admission): PollAnswer {
    const token = newToken();
    const session = new LongPollSession(token, this.#gateway.clock, (gone) => this.#forget(gone));
    this.#sessions.set(token, session);
    session.socket = this.#gateway.accept(admission, session);
    return { status: LONG_POLL_STATUS.gone, token, messages: [] };
  }

  /** What has been sent, at once or as soon as something is; 204 after a window. */
  async poll(token: string): Promise<PollAnswer> {
    const session = this.#sessions.get(token);
    if (!session) return { status: LONG_POLL_STATUS.gone, token: null, messages: [] };
    if (session.socket) this.#gateway.touch(session.socket);
    const messages = await session.poll();
    if (messages.length > 0) return { status: LONG_POLL_STATUS.ok, token, messages };
    return { status: session.gone ? LONG_POLL_STATUS.gone : LONG_POLL_STATUS.noContent, token, messages };
  }

  /** Takes what the client posts: lines of text or of base64 when `batched`, else one text. */
  publish(token: string, body: string, batched: boolean): { readonly status: number } {
    const lines = batched ? body.split(/\r?\n/).filter((line) => line !== "") : [body];
    if (lines.length > MAX_LINES) return { status: LONG_POLL_STATUS.tooLarge };
    for (const line of lines) {
      const socket = this.#sessions.get(token)?.socket;
      if (!socket) return { status: LONG_POLL_STATUS.gone };
      this.#receive(socket, line, batched);
    }
    return { status: this.#sessions.has(token) ? LONG_POLL_STATUS.ok : LONG_POLL_STATUS.gone };
  }

  #receive(socket: SocketSession, line: string, batched: boolean): void {
    if (!batched || line.startsWith("[") || line.startsWith("{")) return this.#gateway.receive(socket, line);
    try {
      this.#gateway.receive(socket, Uint8Array.fromBase64(line));
    } catch (thrown) {
      if (!(thrown instanceof SyntaxError)) throw thrown;
      this.#gateway.reject(socket, new MalformedFrameError("a line of JSON or of base64"));
    }
  }

  #forget(session: LongPollSession): void {
    this.#sessions.delete(session.token);
    if (session.socket) this.#gateway.disconnected(session.socket);
  }
}

class LongPollSession implements SocketTransport {
  readonly kind = "longpoll";
  readonly token: string;
  socket: SocketSession | undefined = undefined;
  gone = false;
  readonly #clock: Clock;
  readonly #forget: (session: LongPollSession) => void;
  #messages: string[] = [];
  #bytes = 0;
  #waiting: (() => void) | undefined;
  #expiry: Timer;

  constructor(token: string, clock: Clock, forget: (session: LongPollSession) => void) {
    this.token = token;
    this.#clock = clock;
    this.#forget = forget;
    this.#expiry = this.#expire();
  }

  sendText(text: string): void {
    this.#messages.push(text);
    this.#bytes += text.length;
    queueMicrotask(() => this.#waiting?.());
  }

  /** Never called: the client cannot read bytes over long-poll, so the engine sends none. */
  sendBinary(): void {}

  /** The client learns of it at its next poll, as "gone"; it has no close codes. */
  close(): void {
    if (this.gone) return;
    this.gone = true;
    this.#expiry.cancel();
    this.#waiting?.();
    this.#forget(this);
  }

  bufferedBytes(): number {
    return this.#bytes;
  }

  /** Takes all that waits. A second poll sends the first one home. */
  async poll(): Promise<readonly string[]> {
    this.#waiting?.();
    this.#expiry.cancel();
    if (this.#messages.length === 0 && !this.gone) await this.#wait();
    if (!this.gone) this.#expiry = this.#expire();
    const messages = this.#messages;
    this.#messages = [];
    this.#bytes = 0;
    return messages;
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        if (this.#waiting === done) this.#waiting = undefined;
        resolve();
      };
      const timer = this.#clock.after(WINDOW_MS, done);
      this.#waiting = done;
    });
  }

  #expire(): Timer {
    return this.#clock.after(1.5 * WINDOW_MS, () => this.close());
  }
}

function newToken(): string {
  return TOKEN_PREFIX + crypto.getRandomValues(new Uint8Array(24)).toBase64({ alphabet: "base64url" });
}
