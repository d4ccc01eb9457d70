/**
 * The process that crash tests kill: one worker (lanes, one actor) on a real store. It sends its messages, handles them, and says `done`
 * when the table shows what was expected; or halts at the point that it was told.
 */
import { type Actor, Asker, actor, toLaneTarget } from "../../src/actors/index.ts";
import { PostgresStore } from "../../src/adapters/postgres/index.ts";
import { SqliteStore } from "../../src/adapters/sqlite/index.ts";
import { Events, systemClock } from "../../src/core/index.ts";
import { LaneRuntime, redriveRequest } from "../../src/lanes/index.ts";
import { Appender, buildRequest } from "../../src/log/index.ts";
import { parseMessageId, type Store } from "../../src/store/index.ts";
import { type HaltPoint, halt, haltingStore } from "./halting-store.ts";

export interface ChildPlan {
  readonly memberId: string;
  /** A SQLite file or a PostgreSQL URL. */
  readonly store: string;
  /** Where to halt; absent: run to the end. */
  readonly point?: HaltPoint | "in migrate";
  /** Calls of that kind that pass before it halts. */
  readonly skip?: number;
  readonly keys: number;
  readonly perKey: number;
  /** Version of the actor's state. 2 migrates. */
  readonly version: 1 | 2;
  /** Every message of this number fails for good at version 1. */
  readonly poison?: number;
  /** Redrive all dead letters, twice. */
  readonly redrive?: boolean;
  /** A member that is known to be dead. */
  readonly evict?: string;
  /** Rows of `handled` at which the work is done. */
  readonly until: number;
}

const plan = JSON.parse(process.env.CRASH_PLAN as string) as ChildPlan;
const point = plan.point === "in migrate" ? undefined : plan.point;
const plain: Store = plan.store.startsWith("postgres:")
  ? new PostgresStore({ url: plan.store })
  : new SqliteStore({ path: plan.store });
const store = haltingStore(plain, point, plan.skip ?? 0);
const clock = systemClock;
const events = new Events();

interface Counted {
  readonly last: number;
  /** Since version 2. */
  readonly migrations?: number;
}

/** Blocks the event loop too: a migration is synchronous. */
function haltInMigration(): never {
  void halt("in migrate");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  throw new Error("unreachable");
}

const counter: Actor<Counted, { number: number }> = actor("counter", {
  initial: (): Counted => ({ last: 0 }),
  version: plan.version,
  attempts: 1,
  ...(plan.version === 2 && {
    migrate: (state: unknown): Counted => {
      if (plan.point === "in migrate") haltInMigration();
      const { last, migrations = 0 } = state as Counted;
      return { last, migrations: migrations + 1 };
    },
  }),
  receive(message: { number: number }, ctx) {
    if (message.number === plan.poison) throw new Error("poison");
    ctx.sql`insert into handled (guest, number, after_number) values (${ctx.key}, ${message.number}, ${ctx.state.last})`;
    ctx.state = { ...ctx.state, last: message.number };
  },
});

await store.start();
await store.setUp([
  "create table handled (guest text, number integer, after_number integer, primary key (guest, number))",
]);
if (plan.evict) await plain.evict(plan.evict, []);
const appender = new Appender({ store, clock, events, onGrown: (shards) => lanes.wake(shards) });
const addressing = {
  shardCount: store.shardCount,
  actor: (name: string) => (name === "counter" ? counter : undefined),
};
const asker = new Asker({
  ...addressing,
  process: plan.memberId,
  clock,
  events,
  append: (requests) => appender.append(requests),
});
const lanes = new LaneRuntime({
  store,
  clock,
  events,
  member: { memberId: plan.memberId, node: "crash" },
  codeVersion: `v${plan.version}`,
  targets: [
    toLaneTarget(counter as never, {
      ...addressing,
      events,
      wallMs: () => clock.wallMs(),
      keepsHistory: () => false,
      ask: (to, key, message, options) => asker.ask(to, key, message, options),
      query: (statement) => store.query(statement),
    }),
  ],
});
await lanes.start();
for (let number = 1; number <= plan.perKey; number++) await sendRound(number);
if (plan.redrive) await redriveTwice();
await untilDone();
process.stdout.write("done\n");
process.exit(0);

/** The same messages under the same ids each time: a restarted source sends what it has no answer for. */
async function sendRound(number: number): Promise<void> {
  const requests = Array.from({ length: plan.keys }, (_, key) =>
    buildRequest(
      {
        target: "counter",
        key: `key-${key}`,
        body: { number },
        dedupe: { source: "crash", externalId: `${key}:${number}` },
      },
      store.shardCount,
    ),
  );
  await appender.append(requests);
}

async function redriveTwice(): Promise<void> {
  const { rows } = await store.deadLetters({ status: "dead" }, { limit: 1_000 });
  const requests = rows.map((row) => redriveRequest(parseMessageId(`m${row.shard}-${row.seq}`)));
  if (requests.length > 0) await appender.append([...requests, ...requests]);
}

async function untilDone(): Promise<void> {
  for (;;) {
    const [row] = await store.query({ text: ["select count(*) as n from handled"], values: [] });
    if (Number(row?.n) >= plan.until) return;
    await Promise.race([events.next("commit.done"), Bun.sleep(100)]);
  }
}
