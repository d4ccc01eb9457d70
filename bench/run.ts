/**
 * `npm run bench -- NAME [--option VALUE …]`: runs one benchmark and prints its figures as Markdown tables (stdout) and each
 * measurement as a line of JSON (stderr). bench/README.md says how each figure is made.
 */
import { describeMachine } from "./measure/machine.ts";

interface Benchmark {
  readonly summary: string;
  readonly load: () => Promise<{ run(args: readonly string[]): Promise<void> }>;
}

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  actors: {
    summary: "append → handle → commit, beside the bare loop; latency at a steady rate",
    load: () => import("./actors/end-to-end.ts"),
  },
  webhooks: {
    summary: "signed webhooks into a node, over keep-alive connections",
    load: () => import("./actors/webhooks.ts"),
  },
  peers: {
    summary: "the same work by graphile-worker, pg-boss and BullMQ",
    load: () => import("./peers/compare.ts"),
  },
  backlog: {
    summary: "millions of messages accepted first, then worked off by one worker",
    load: () => import("./backlog/backlog.ts"),
  },
  "idle-transaction": {
    summary: "throughput on PostgreSQL beside a forgotten open transaction",
    load: () => import("./idle-transaction/idle-transaction.ts"),
  },
  channels: {
    summary: "memory, broadcast and echo beside bare Bun, ws and Socket.IO; --only many for 100,000 sockets",
    load: () => import("./channels/channels.ts"),
  },
};

const [name = "", ...args] = process.argv.slice(2);
const benchmark = BENCHMARKS[name];
if (benchmark) {
  console.log(`\n${name}: ${describeMachine()}`);
  await (await benchmark.load()).run(args);
  process.exit(0);
}
console.error(`usage: npm run bench -- NAME [--option VALUE …]\n`);
for (const [known, { summary }] of Object.entries(BENCHMARKS)) console.error(`  ${known.padEnd(20)} ${summary}`);
process.exit(name === "" ? 0 : 2);
