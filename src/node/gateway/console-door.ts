/**
 * The console over HTTP: its page, its login and logout. What the page shows comes over its socket (`console-feed.ts`).
 *
 * `GET /console` and its pages, `GET|POST /console/login`, `POST /console/logout`, `/console/assets/…`.
 */
import { join } from "node:path";
import { originAllowed } from "../../channels/index.ts";
import { SECOND } from "../../core/index.ts";
import { type Caller, type ConsoleAccess, isForwarded, SESSION_COOKIE, SESSION_MS } from "./console-access.ts";
import { readBody, refuse, refuseThrown } from "./http-answer.ts";
import type { HttpDoor } from "./http-server.ts";
import { buildPages, type Pages } from "./pages.ts";

export const CONSOLE_PATH = "/console";
const LOGIN_PATH: string = `${CONSOLE_PATH}/login`;
const LOGOUT_PATH: string = `${CONSOLE_PATH}/logout`;
const ASSET_PATH: string = `${CONSOLE_PATH}/assets`;
const MAX_FORM_BYTES = 4_096;

const SOURCES = join(import.meta.dir, "../../console");
const ENTRIES = { [CONSOLE_PATH]: join(SOURCES, "index.html"), [LOGIN_PATH]: join(SOURCES, "login.html") };

/** Everything from here, nothing inline, nobody's frame. */
const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

export interface ConsoleDoorOptions {
  readonly access: ConsoleAccess;
  /** Where the bundled page is kept. */
  readonly folder: string;
  /** The session has ended: its sockets are to be closed. */
  readonly onLogout: (sessionId: string) => void;
}

export function createConsoleDoor(options: ConsoleDoorOptions): HttpDoor {
  let built: Promise<Pages> | undefined;
  // Not at start: a node that nobody looks at need not bundle a page. A failed build is tried again.
  const pages = () => {
    built ??= buildPages(ENTRIES, options.folder, ASSET_PATH).catch((thrown) => {
      built = undefined;
      throw thrown;
    });
    return built;
  };
  return (request, pathname, peer) => {
    if (pathname !== CONSOLE_PATH && !pathname.startsWith(`${CONSOLE_PATH}/`)) return undefined;
    if (options.access.mode === "off") {
      return refuse(403, "console_off", "the console is off; set GODWIT_CONSOLE_TOKEN to switch it on");
    }
    return answer(request, pathname, peer, options, pages).then(withHeaders, refuseThrown);
  };
}

async function answer(
  request: Request,
  pathname: string,
  peer: string,
  { access, onLogout }: ConsoleDoorOptions,
  pages: () => Promise<Pages>,
): Promise<Response> {
  if (
    request.method === "POST" &&
    !originAllowed(request.headers.get("origin"), request.headers.get("host"), "same-host")
  ) {
    return refuse(403, "forbidden", "a form of another site");
  }
  if (request.method === "POST" && pathname === LOGIN_PATH) return login(request, peer, access);
  const session = await access.session(callerOf(request, peer));
  if (request.method === "POST" && pathname === LOGOUT_PATH) {
    if (session) {
      access.logout(session);
      onLogout(session.id);
    }
    return seeOther(LOGIN_PATH, sessionCookie(request, "", 0));
  }
  const isOpenToAll = pathname === LOGIN_PATH || pathname.startsWith(ASSET_PATH);
  if (!session && access.mode === "open" && !isOpenToAll) {
    return refuse(403, "forbidden", "this console answers only on the machine it runs on, as localhost or 127.0.0.1");
  }
  if (!session && !isOpenToAll) return seeOther(LOGIN_PATH);
  if (session && pathname === LOGIN_PATH) return seeOther(CONSOLE_PATH);
  // The page finds its way by its address: every path below that is no file is the page.
  const file = isOpenToAll ? pathname : CONSOLE_PATH;
  return (await pages()).respond(request.method, file) ?? refuse(404, "not_found", "the console has no such page");
}

async function login(request: Request, peer: string, access: ConsoleAccess): Promise<Response> {
  const form = new URLSearchParams(new TextDecoder().decode(await readBody(request, MAX_FORM_BYTES)));
  const outcome = await access.login(form.get("token") ?? "", peer);
  if (outcome.kind !== "welcome") return seeOther(`${LOGIN_PATH}#${outcome.kind}`);
  return seeOther(CONSOLE_PATH, sessionCookie(request, outcome.cookie, SESSION_MS / SECOND));
}

function seeOther(location: string, cookie?: string): Response {
  const headers = new Headers({ location, "cache-control": "no-store" });
  if (cookie !== undefined) headers.set("set-cookie", cookie);
  return new Response(null, { status: 303, headers });
}

function sessionCookie(request: Request, value: string, maxAgeSeconds: number): string {
  const isSecure = request.url.startsWith("https:") || request.headers.get("x-forwarded-proto") === "https";
  const attributes = `Path=${CONSOLE_PATH}; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict`;
  return `${SESSION_COOKIE}=${value}; ${attributes}${isSecure ? "; Secure" : ""}`;
}

function callerOf(request: Request, peer: string): Caller {
  const { headers } = request;
  const cookies = new Bun.CookieMap(headers.get("cookie") ?? "");
  return {
    cookie: cookies.get(SESSION_COOKIE) ?? undefined,
    host: headers.get("host"),
    peer,
    isForwarded: isForwarded((name) => headers.has(name)),
  };
}

function withHeaders(response: Response): Response {
  for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value);
  return response;
}
