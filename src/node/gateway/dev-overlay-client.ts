/** Runs in the browser, in pages that `godwit dev` serves. Joins `godwit:node` with plain frames, so that it needs nothing of the page. */

/** As `DeployState` of system-topics.ts says it. */
interface DeployState {
  readonly state: "loading" | "serving" | "failed";
  readonly message?: string;
  readonly place?: string;
  readonly lineText?: string;
}

const RECONNECT_MS = 1_000;
const HEARTBEAT_MS = 30_000;
const ID = "godwit-dev-overlay";

const page: Promise<string> = fetchPage();

async function fetchPage(): Promise<string> {
  return (await fetch(location.href, { cache: "no-store" })).text();
}

function show({ message = "", place = "", lineText = "" }: DeployState): void {
  const overlay = document.getElementById(ID) ?? document.createElement("div");
  overlay.id = ID;
  overlay.setAttribute("role", "alert");
  overlay.style.cssText =
    "position:fixed;inset:auto 0 0 0;z-index:2147483647;padding:16px 20px;background:#1d1517;color:#ffd9d4;border-top:3px solid #e5484d;font:14px/1.5 ui-monospace,monospace;white-space:pre-wrap;max-height:50vh;overflow:auto";
  overlay.textContent = ["The new code did not load; the old one goes on.", message, place, lineText]
    .filter(Boolean)
    .join("\n");
  document.body.append(overlay);
}

async function serve(): Promise<void> {
  document.getElementById(ID)?.remove();
  if ((await fetchPage()) !== (await page)) location.reload();
}

function connect(): void {
  const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/socket/websocket?vsn=2.0.0`);
  const heartbeat = setInterval(() => socket.send('[null,"h","phoenix","heartbeat",{}]'), HEARTBEAT_MS);
  socket.onopen = () => socket.send('["1","1","godwit:node","phx_join",{}]');
  socket.onclose = () => {
    clearInterval(heartbeat);
    setTimeout(connect, RECONNECT_MS);
  };
  socket.onmessage = ({ data }) => {
    const [, , , event, payload] = JSON.parse(data) as [unknown, unknown, unknown, string, DeployState];
    if (event !== "deploy") return;
    if (payload.state === "failed") show(payload);
    if (payload.state === "serving") void serve();
  };
}

connect();
