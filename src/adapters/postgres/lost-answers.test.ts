/** Lanes on a PostgreSQL whose answers get lost: what they do is done once all the same. */
import { describe, expect, test } from "bun:test";
import { Events, systemClock } from "../../core/index.ts";
import { LaneRuntime, type LaneTarget } from "../../lanes/index.ts";
import type { CommitOutcome, CommitRequest, Store } from "../../store/index.ts";
import { requireService, serviceTitle } from "../../testing/index.ts";
import { CuttingProxy } from "./cutting-proxy-fixture.ts";
import { postgresFixtures } from "./postgres-fixture.ts";

const postgres = await requireService("postgres");
const createFixture = postgresFixtures(postgres);

const KEYS = ["a", "b", "c", "d"];
const PER_KEY = 24;
const numbers = Array.from({ length: PER_KEY }, (_, i) => i + 1);

/** Each message replies once, and writes one row, which may not be written twice; every other one sends itself on. */
const DESK: LaneTarget = {
  stream: "in",
  name: "desk",
  retry: { attempts: 1, backoff: { baseMs: 1, capMs: 1 }, retryable: () => false },
  onDead: "continue",
  timeoutMs: 60_000,
  concurrency: 10,
  async run({ message: { shard, key, body, seq } }) {
    const copy = { shard, key, body, meta: null };
    const cause = { shard, stream: "in", seq } as const;
    const visit = { text: ["insert into visits values (", ", ", ")"], values: [key, Number(body)], cause };
    const sql = Number(body) % 3 === 0 ? [visit] : [];
    return {
      kind: "done",
      effects: { sql, deliveries: [{ ...copy, target: "door" }], sends: [{ ...copy, target: "other" }] },
    };
  },
};

describe.skipIf(postgres.kind === "missing")(serviceTitle("lanes over lost answers", postgres), () => {
  test.each(["the answer", "the answer, and the server for a while"])(
    "each message's effects are made once when commits lose %s",
    async (what) => {
      await using f = await createFixture({ shardCount: 4 });
      const { hostname, port } = new URL(f.url);
      using proxy = new CuttingProxy({ hostname, port: Number(port || 5432) });
      const url = Object.assign(new URL(f.url), { port: String(proxy.port) }).href;
      // Only commits go through the proxy, one at a time: so it is their answers that get lost.
      const store = await f.open({ url, maxConnections: 1, connectTimeoutMs: 300 });
      const direct = await f.open();
      const events = new Events();
      const failures: string[] = [];
      events.on("error.caught", ({ stage, error }) => {
        if (!("retryable" in error && error.retryable)) failures.push(`${stage}: ${error.message}`);
      });
      let lost = 0;
      events.on("commit.failed", () => {
        lost += 1;
        proxy.comeBack();
      });
      let commits = 0;
      const commit = (request: CommitRequest): Promise<CommitOutcome> => {
        commits += 1;
        if (what === "the answer" && commits % 2 === 0) proxy.loseNextAnswer();
        if (what !== "the answer" && commits % 10 === 2) proxy.loseNextAnswerAndGoDown();
        return store.commit(request);
      };
      await direct.setUp(["create table visits (key text, n int, primary key (key, n))"]);
      const lanes = new LaneRuntime({
        store: new Proxy<Store>(direct, {
          get: (inner, name) => {
            if (name === "commit") return commit;
            const value = inner[name as keyof Store];
            return typeof value === "function" ? value.bind(inner) : value;
          },
        }),
        clock: systemClock,
        events,
        member: { memberId: "w1", node: "n1" },
        codeVersion: "v1",
        targets: [DESK, { ...DESK, name: "other", run: () => ({ kind: "done", effects: {} }) }],
        limits: { commitMessages: 8, pollIntervalMs: 50 },
      });
      await lanes.start();
      await direct.append(
        numbers.flatMap((n) => KEYS.map((key, shard) => ({ shard, target: "desk", key, body: String(n), meta: null }))),
        systemClock.wallMs(),
      );
      const positions = KEYS.map((_, shard) => ({ shard, stream: "out" as const, after: 0 }));
      const isDone = async () =>
        (await direct.shards()).every(({ head, cursor }) => head.in === 2 * PER_KEY && cursor.in === head.in);
      while (!(await isDone())) await events.next("commit.done");
      const replies = await direct.read(positions, 1_000);
      for (const key of KEYS) {
        expect(replies.filter((reply) => reply.key === key).map(({ body }) => Number(body))).toEqual(numbers);
      }
      const [row] = await direct.query({ text: ["select count(*)::int as visits from visits"], values: [] });
      expect(row).toEqual({ visits: KEYS.length * Math.floor(PER_KEY / 3) });
      expect(failures).toEqual([]);
      expect((await direct.deadLetters({}, { limit: 10 })).rows).toEqual([]);
      if (what !== "the answer") expect(lost).toBeGreaterThan(0);
      proxy.comeBack();
      await lanes.stop();
    },
    20_000,
  );
});
