/** What chaos does to a node: kills of its processes, a pause that outlasts a lease, and the end of its database sessions. */
import { SQL } from "bun";
import type { NodeProcess } from "../node/node-process.ts";

export type Strike = "kill-worker" | "kill-node" | "pause-worker" | "end-sessions";

export interface StrikeOptions {
  readonly strikes: number;
  /** Between two strikes, on average. */
  readonly pauseMs: number;
  readonly seed: number;
  readonly store: string;
  readonly tell?: (line: string) => void;
}

interface Running {
  node: NodeProcess;
  readonly start: () => Promise<NodeProcess>;
}

/** Longer than a lease lives (10 s), so that the paused worker wakes up without it. */
const PAUSE_MS = 12_000;

export type StrikeCounts = Record<Strike, number>;

export function noStrikes(): StrikeCounts {
  return { "kill-worker": 0, "kill-node": 0, "pause-worker": 0, "end-sessions": 0 };
}

export function totalOf(made: Readonly<StrikeCounts>): number {
  return Object.values(made).reduce((sum, count) => sum + count, 0);
}

/** Strikes as often as was asked, counting in `made`. The seed draws the kinds: a run can be repeated. */
export async function strikeAtRandom(running: Running, options: StrikeOptions, made: StrikeCounts): Promise<void> {
  const random = seeded(options.seed);
  for (let i = 0; i < options.strikes; i++) {
    await Bun.sleep(options.pauseMs * (0.5 + random()));
    const kind = choose(random(), i, options);
    await strike(kind, running, options, random);
    made[kind]++;
    options.tell?.(`strike ${i + 1}: ${kind}`);
  }
}

/** The first is a pause, since it takes longest to come back from; then mostly workers. */
function choose(random: number, index: number, { store }: StrikeOptions): Strike {
  if (index === 0) return "pause-worker";
  if (random < 0.6) return "kill-worker";
  if (random < 0.8 || store === "sqlite") return "kill-node";
  return "end-sessions";
}

async function strike(kind: Strike, running: Running, options: StrikeOptions, random: () => number): Promise<void> {
  switch (kind) {
    case "kill-worker":
      return killWorker(running.node, random);
    case "kill-node":
      await running.node.kill();
      running.node = await running.start();
      return;
    case "pause-worker":
      return pauseWorker(running.node);
    case "end-sessions":
      return endSessions(options.store);
  }
}

async function killWorker(node: NodeProcess, random: () => number): Promise<void> {
  const workers = await node.workers();
  const worker = workers[Math.floor(random() * workers.length)];
  if (worker !== undefined) send(worker, "SIGKILL");
}

/**
 * Pauses a worker for longer than its lease, and the supervisor with it, which would otherwise replace it. The other worker takes over; the paused
 * one wakes first, with work in hand that is no longer its own.
 */
async function pauseWorker(node: NodeProcess): Promise<void> {
  const [worker] = await node.workers();
  if (worker === undefined) return;
  send(node.pid, "SIGSTOP");
  send(worker, "SIGSTOP");
  await Bun.sleep(PAUSE_MS);
  send(worker, "SIGCONT");
  await Bun.sleep(500);
  send(node.pid, "SIGCONT");
}

async function endSessions(store: string): Promise<void> {
  await using sql = new SQL(store, { max: 1 });
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and application_name like 'godwit/%' and random() < 0.5`;
}

/** A process may have ended a moment ago. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone: as good as killed.
  }
}

/** Mulberry32: small, good enough to draw strikes by, and the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
