/**
 * `godwit dev` on the page: each HTML page gets a script that watches the node, shows why new code did not load, and loads the page anew when
 * the page itself has changed. The page's own sockets and the actors' states stay as they are.
 */
import { join } from "node:path";
import type { HttpDoor } from "./http-server.ts";

const SCRIPT_PATH = "/_godwit/dev.js";
const CLIENT = join(import.meta.dir, "dev-overlay-client.ts");
const TAG = `<script type="module" src="${SCRIPT_PATH}"></script>`;

/** The door of the script, and `pages` with it in each of their HTML files. */
export function withOverlay(pages: HttpDoor): HttpDoor {
  return (request, pathname, peer) => {
    if (pathname === SCRIPT_PATH) return serveScript();
    const response = pages(request, pathname, peer);
    return response instanceof Response && isHtml(response) ? addScript(response) : response;
  };
}

async function serveScript(): Promise<Response> {
  const source = await Bun.file(CLIENT).text();
  const script = new Bun.Transpiler({ loader: "ts" }).transformSync(source);
  return new Response(script, { headers: { "content-type": "text/javascript", "cache-control": "no-cache" } });
}

function isHtml({ headers }: Response): boolean {
  return headers.get("content-type")?.startsWith("text/html") ?? false;
}

async function addScript(response: Response): Promise<Response> {
  const html = await response.text();
  const end = html.lastIndexOf("</body>");
  const body = end < 0 ? html + TAG : html.slice(0, end) + TAG + html.slice(end);
  return new Response(body, { headers: { "content-type": "text/html;charset=utf-8", "cache-control": "no-cache" } });
}
