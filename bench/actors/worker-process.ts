/** The handling half: a worker's `LaneRuntime` with the counter, its flight recorder on. Says when all is committed. */
import { join } from "node:path";
import { connectLink, FlightRecorder } from "godwit/adapters/bun";
import { Events, systemClock } from "godwit/core";
import { LaneRuntime } from "godwit/lanes";
import type { Store } from "godwit/store";
import type { Link } from "godwit/wire";
import { programOptions, say } from "../measure/program.ts";
import { openStore } from "../measure/stores.ts";
import { counterTarget, sinkTarget } from "./counter.ts";
import type { ActorsOptions, Committed, Progress } from "./end-to-end.ts";

const options = programOptions<ActorsOptions>();
const opened = openStore(options.place, "worker");
await opened.start();
const events = new Events();
const latencies: number[] = [];
const expected = options.messages * (options.replies === "consumed" ? 2 : 1);
let handled = 0;
let link: Link | undefined;

events.on("commit.done", (commit) => {
  handled += commit.handled;
  if (options.window !== undefined) link?.notify("handled", handled);
  if (commit.dead > 0) throw new Error(`${commit.dead} messages died`);
  if (handled < expected) return;
  say({ kind: "committed", atMs: Date.now(), latencies } satisfies Committed);
});
events.on("error.caught", ({ stage, error }) => console.error(stage, error));
if (options.perSecond > 0) {
  events.on("message.processed", ({ messages }) => {
    const nowMs = Date.now();
    for (const { target, acceptedAtMs } of messages) if (target === "counter") latencies.push(nowMs - acceptedAtMs);
  });
}

const lanes = new LaneRuntime({
  store: options.replies === "consumed" ? opened : withoutOutgoing(opened),
  clock: systemClock,
  events,
  member: { memberId: "bench/w0", node: "bench" },
  codeVersion: "bench",
  targets: [counterTarget(opened.shardCount, events), sinkTarget],
  recorder: new FlightRecorder(join(options.place.folder, "flight")),
});

/** Leaves the replies where they are, as the bare loop does: nobody reads the outgoing streams. */
function withoutOutgoing(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      if (name === "read") {
        return (positions: Parameters<Store["read"]>[0], limit: number) =>
          target.read(
            positions.filter(({ stream }) => stream === "in"),
            limit,
          );
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

link = await connectLink(join(options.place.folder, "link.sock"), systemClock, () => ({
  peer: "the gateway",
  onNotification: (_kind, shards) => lanes.wake(shards as number[]),
  onRequest: () => {},
}));
await lanes.start();
setInterval(() => say({ kind: "progress", atMs: Date.now(), handled } satisfies Progress), 1_000);
say({ kind: "ready" });
