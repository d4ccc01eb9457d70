import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AppendOutcome, Seq } from "../../store/index.ts";
import { SqliteStore } from "./index.ts";

const PROCESS = join(import.meta.dir, "crash-test-process.ts");
const ROUNDS = 6;

interface Line {
  readonly appended?: readonly { readonly shard: number; readonly body: string; readonly outcome: AppendOutcome }[];
  readonly committed?: { readonly shard: number; readonly cursor: Seq };
}

/** A child that is killed after it has acknowledged something a random number of times. Resolves with what it acknowledged. */
async function runAndKill(path: string, role: "append" | "commit", acknowledgements: number): Promise<readonly Line[]> {
  const child = Bun.spawn([process.execPath, PROCESS, path, role], { stdout: "pipe", stderr: "inherit" });
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk, { stream: true });
    if (text.split("\n").length > acknowledgements) child.kill("SIGKILL");
  }
  await child.exited;
  expect(child.signalCode).toBe("SIGKILL");
  const whole = text.slice(0, text.lastIndexOf("\n"));
  return whole.split("\n").map((line) => JSON.parse(line) as Line);
}

/** What stands in the file is whole, and holds everything that was acknowledged. */
async function verify(path: string, lines: readonly Line[]): Promise<void> {
  const store = new SqliteStore({ path });
  await store.start();
  const { shardCount } = store;
  for (let shard = 0; shard < shardCount; shard++) {
    const messages = await store.read([{ shard, stream: "in", after: 0 }], 1e9);
    expect(messages.map((row) => row.seq)).toEqual(messages.map((_, i) => i + 1));
    expect(new Set(messages.map((row) => row.body)).size).toBe(messages.length);
    for (const { body, outcome } of acknowledgedOf(lines, shard)) {
      const seq = outcome.kind === "appended" ? outcome.seq : Number.NaN;
      expect(messages[seq - 1]?.body).toBe(body);
    }
    await verifyHandled(
      store,
      shard,
      messages.map((row) => row.body),
      lines,
    );
  }
  await store.stop();
}

/** State, deliveries and progress of a shard tell the same story: they were committed together. */
async function verifyHandled(store: SqliteStore, shard: number, bodies: readonly string[], lines: readonly Line[]) {
  const cursor = (await store.shards())[shard]?.cursor.in ?? Number.NaN;
  const deliveries = await store.read([{ shard, stream: "out", after: 0 }], 1e9);
  expect(deliveries.map((row) => row.body)).toEqual(bodies.slice(0, cursor));
  const [state] = await store.readStates([{ target: "desk", key: `shard-${shard}` }]);
  expect(Number(state?.body ?? 0)).toBe(cursor);
  for (const { committed } of lines) {
    if (committed?.shard === shard) expect(cursor).toBeGreaterThanOrEqual(committed.cursor);
  }
}

function acknowledgedOf(lines: readonly Line[], shard: number) {
  return lines.flatMap((line) => line.appended ?? []).filter((message) => message.shard === shard);
}

test("what was acknowledged is there after processes were killed at random, without holes, doubles or halves", async () => {
  const folder = await mkdtemp(join(tmpdir(), "godwit-crash-"));
  try {
    const path = join(folder, "godwit.db");
    const lines: Line[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const acknowledgements = () => 1 + Math.floor(Math.random() * 60);
      const both = await Promise.all([
        runAndKill(path, "append", acknowledgements()),
        runAndKill(path, "commit", acknowledgements()),
      ]);
      lines.push(...both.flat());
      await evictAll(path);
      await verify(path, lines);
    }
    expect(lines.length).toBeGreaterThan(ROUNDS);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 60_000);

/** What a supervisor does when it knows that its workers are dead: the next round must not wait for leases to expire. */
async function evictAll(path: string): Promise<void> {
  const store = new SqliteStore({ path });
  await store.start();
  for (const { owner } of await store.shards()) if (owner !== null) await store.evict(owner, []);
  await store.stop();
}
