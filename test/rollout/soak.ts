/**
 * `npm run soak`: 5,000 sockets joined and chatting while workers are deployed 20 times, recycled 10 times and killed 10 times. Ends with 1
 * when a socket closed, a line was lost, doubled or reordered, or the 99th percentile of the replies reached 500 ms.
 * `npm run soak -- 1000` opens as many sockets.
 */
import { NodeProcess } from "../node/node-process.ts";
import { EditableApp } from "./fixture-app.ts";
import { chatUnderSwaps } from "./under-swaps.ts";

const SOCKETS = Number(process.argv[2] ?? 5_000);
/** 5,000 sockets say 1,000 lines a second together. */
const PAUSE_MS = 5_000;
const P99_LIMIT_MS = 500;

await using app = await EditableApp.of("chat-app.ts");
await using node = await NodeProcess.start({ app: app.path, arguments: ["--workers", "2"] });
const startedMs = performance.now();
const outcome = await chatUnderSwaps(node, app, {
  sockets: SOCKETS,
  swaps: { deploys: 20, recycles: 10, kills: 10 },
  pauseMs: PAUSE_MS,
  onSwap: (kind, tookMs) => console.log(`${kind.slice(0, -1)} ${Math.round(tookMs)} ms`),
});
const seconds = Math.round((performance.now() - startedMs) / 1_000);
console.log(JSON.stringify({ ...outcome, seconds }, null, 2));
const good = outcome.closed.length === 0 && outcome.disturbed.length === 0 && outcome.p99Ms < P99_LIMIT_MS;
process.exitCode = good ? 0 : 1;
