/** The page's line to the node: one Phoenix socket, one topic. */
import { type Channel, Socket } from "phoenix";
import type { QueryName, QueryResults } from "../inspect/index.ts";
import type { ConsoleHello, Mark, Pulse, PulsePoint } from "../node/index.ts";
import type { ServiceTree } from "../supervision/index.ts";
import type { LiveEvent } from "./live.ts";

export type LinkState = "connecting" | "live" | "lost";

/** Parameters as the query layer takes them; what is undefined is not given. */
export type QueryParams = Readonly<Record<string, string | number | undefined>>;

export interface Feed {
  ask<Name extends QueryName>(name: Name, params: QueryParams): Promise<QueryResults[Name]>;
  close(): void;
}

const TOPIC = "godwit:console";
const ANSWER_TIMEOUT_MS = 10_000;
const RECONNECT_MS: readonly number[] = [250, 500, 1_000];

export function openFeed(onEvent: (event: LiveEvent) => void, onLink: (state: LinkState) => void): Feed {
  const again = (tries: number) => RECONNECT_MS[tries - 1] ?? 2_000;
  const socket = new Socket("/console/socket", { reconnectAfterMs: again, rejoinAfterMs: again });
  const channel = socket.channel(TOPIC);
  channel.on("pulse", (pulse: Pulse) => onEvent({ kind: "pulse", pulse }));
  channel.on("span", (point: PulsePoint) => onEvent({ kind: "span", point }));
  channel.on("mark", (mark: Mark) => onEvent({ kind: "mark", mark }));
  channel.on("tree", (tree: ServiceTree) => onEvent({ kind: "tree", tree }));
  channel.onError(() => onLink("lost"));
  socket.onClose(() => {
    onLink("lost");
    void leaveWhenLoggedOut();
  });
  channel.join().receive("ok", (hello) => {
    onEvent({ kind: "hello", hello: hello as unknown as ConsoleHello });
    onLink("live");
  });
  socket.connect();
  return { ask: (name, params) => ask(channel, name, params), close: () => socket.disconnect() };
}

function ask<Answer>(channel: Channel, name: QueryName, params: QueryParams): Promise<Answer> {
  return new Promise((resolve, reject) => {
    channel
      .push("ask", { name, params }, ANSWER_TIMEOUT_MS)
      .receive("ok", (answer) => resolve(answer as unknown as Answer))
      .receive("error", ({ reason }) => reject(new Error(String(reason))))
      .receive("timeout", () => reject(new Error("The node did not answer in time.")));
  });
}

/** A refused socket does not say why: the page itself does, by sending those without a session to the login. */
async function leaveWhenLoggedOut(): Promise<void> {
  const response = await fetch("/console", { method: "HEAD" }).catch(() => undefined);
  if (response?.redirected) location.assign("/console/login");
}
