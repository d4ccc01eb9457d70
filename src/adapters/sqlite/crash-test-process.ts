/**
 * Runs in a process of its own for `crash.test.ts`, which kills it: `append` writes messages, `commit` handles them. After each step that
 * the store has acknowledged it says so in one line of JSON on its standard output.
 */
import { SqliteStore } from "./index.ts";

const SHARDS = 4;
const [path = "", role = ""] = process.argv.slice(2);

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function appendForEver(store: SqliteStore): Promise<never> {
  for (let n = 0; ; n++) {
    const requests = Array.from({ length: 1 + (n % 20) }, (_, i) => ({
      ...{ shard: (n + i) % SHARDS, target: "desk", key: "k", meta: null },
      ...{ body: `"${process.pid}-${n}-${i}"`, dedupe: { source: "test", externalId: `${process.pid}-${n}-${i}` } },
    }));
    const { outcomes } = await store.append(requests, Date.now());
    say({ appended: requests.map(({ shard, body }, i) => ({ shard, body, outcome: outcomes[i] })) });
  }
}

/** Each handled message is counted in its shard's state and answered with one delivery. */
async function commitForEver(store: SqliteStore): Promise<never> {
  const member = { memberId: `worker-${process.pid}`, node: "test" };
  await store.heartbeat(member, 60_000);
  const leases = await store.acquire(member.memberId, SHARDS);
  const cursors = leases.map((lease) => lease.progress.in.cursor);
  for (let n = 0; ; n++) {
    const at = n % leases.length;
    const [lease, after] = [leases[at], cursors[at]];
    if (!lease || after === undefined) throw new Error("no leases");
    const messages = await store.read([{ shard: lease.shard, stream: "in", after }], 1 + (n % 30));
    const cursor = messages.at(-1)?.seq ?? after;
    const outcome = await store.commit({
      author: { memberId: member.memberId, codeVersion: "test" },
      nowMs: Date.now(),
      shards: [
        {
          ...{ shard: lease.shard, epoch: lease.epoch, progress: { in: { cursor, ahead: [] } } },
          states: [{ target: "desk", key: `shard-${lease.shard}`, version: 1, body: `${cursor}` }],
          deliveries: messages.map(({ shard, key, body }) => ({ shard, target: "out", key, body, meta: null })),
        },
      ],
    });
    if (outcome.kind !== "committed") throw new Error(outcome.kind);
    cursors[at] = cursor;
    say({ committed: { shard: lease.shard, cursor } });
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const store = new SqliteStore({ path, shardCount: SHARDS });
await store.start();
await (role === "append" ? appendForEver(store) : commitForEver(store));
