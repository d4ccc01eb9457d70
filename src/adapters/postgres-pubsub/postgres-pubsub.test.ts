import { afterAll, describe, expect, test } from "bun:test";
import { SQL } from "bun";
import { Events, ManualClock, SECOND, systemClock } from "../../core/index.ts";
import { type PubSubFixture, pubSubContract, requireService, serviceTitle } from "../../testing/index.ts";
import { PostgresPubSub } from "./index.ts";

const service = await requireService("postgres");
const serverUrl = service.kind === "available" ? service.address : "postgres://127.0.0.1/none";
const database = `godwit_test_${crypto.randomUUID().replaceAll("-", "")}`;
const url = Object.assign(new URL(serverUrl), { pathname: `/${database}` }).href;

if (service.kind === "available") {
  await onServer(`create database ${database}`);
  afterAll(() => onServer(`drop database ${database} with (force)`));
}

async function onServer(statement: string): Promise<void> {
  const server = new SQL(serverUrl, { max: 1 });
  await server.unsafe(statement);
  await server.close();
}

interface Fixture extends PubSubFixture {
  readonly sql: SQL;
}

async function createFixture(clock = systemClock, events = new Events()): Promise<Fixture> {
  const sql = new SQL(url, { max: 1 });
  const members: PostgresPubSub[] = [];
  return {
    sql,
    open: async () => {
      const member = new PostgresPubSub({ url, clock, events });
      members.push(member);
      await member.start();
      return member;
    },
    cut: async () => {
      await sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = ${database} and application_name = 'godwit/pubsub'`;
    },
    intrude: async (_topic, text) => {
      await sql`select pg_notify('godwit_' || member, ${text}) from godwit_pubsub.members`;
    },
    [Symbol.asyncDispose]: async () => {
      for (const member of members) await member.stop();
      await sql.close();
    },
  };
}

describe.skipIf(service.kind === "missing")(serviceTitle("PostgresPubSub", service), () => {
  pubSubContract("PostgresPubSub", () => createFixture());

  test("nothing is left of a member that has stopped", async () => {
    await using fixture = await createFixture();
    const member = await fixture.open();
    await member.subscribe("room:1", () => {}).ready;
    const count = async () => (await fixture.sql`select count(*)::int as n from godwit_pubsub.subscriptions`)[0].n;
    expect(await count()).toBe(1);
    await member.stop();
    expect(await count()).toBe(0);
  });

  test("a member that dies is forgotten, and so are old parcels, by the next heartbeat of another", async () => {
    const clock = new ManualClock();
    await using fixture = await createFixture(clock);
    await fixture.sql`delete from godwit_pubsub.parcels`;
    const bob = await fixture.open();
    await fixture.sql`insert into godwit_pubsub.members values ('dead', now() - interval '61 seconds')`;
    await fixture.sql`insert into godwit_pubsub.subscriptions values ('key', 'dead')`;
    await fixture.sql`insert into godwit_pubsub.parcels (parcel, stored_at)
      values ('old', now() - interval '61 seconds'), ('young', now())`;
    clock.advance(10 * SECOND);
    await until(async () => (await fixture.sql`select 1 from godwit_pubsub.parcels`).length === 1);
    expect(await fixture.sql`select 1 from godwit_pubsub.members where member = 'dead'`).toHaveLength(0);
    expect(await fixture.sql`select 1 from godwit_pubsub.subscriptions`).toHaveLength(0);
    await bob.stop();
  });

  test("a member that the server has forgotten writes its subscriptions again and says that there was a gap", async () => {
    const clock = new ManualClock();
    await using fixture = await createFixture(clock);
    const bob = await fixture.open();
    await bob.subscribe("room:1", () => {}).ready;
    await fixture.sql`delete from godwit_pubsub.members`;
    const gap = new Promise<void>((resolve) => bob.onGap(resolve));
    clock.advance(10 * SECOND);
    await gap;
    expect((await fixture.sql`select 1 from godwit_pubsub.subscriptions`).length).toBe(1);
  });
});

/** Waits for what the server does on its own. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await Bun.sleep(5);
}
