import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { DeadlineError, GodwitError } from "../core/index.ts";
import { decodeMeta } from "../store/index.ts";
import { ActorWorld } from "./actor-fixture.ts";
import { type ActorContext, actor, messageRequest, SchemaError } from "./index.ts";

const origin = { connector: "telegram", conversation: "42" };

interface ChatMessage {
  readonly text?: string;
  readonly kind?: string;
}

describe("an actor", () => {
  test("works as the design's example says", async () => {
    const concierge = actor("concierge", {
      initial: () => ({ greeted: false, orders: 0 }),
      async receive(message: ChatMessage, ctx) {
        if (!ctx.state.greeted) ctx.reply({ text: "Welcome!" });
        ctx.state.greeted = true;
        ctx.broadcast(`chat:${ctx.key}`, "message", message);
        ctx.sql`insert into visits (guest) values (${ctx.key})`;
        if (message.kind !== "nudge") ctx.schedule("10 minutes", { kind: "nudge" });
      },
    });
    await using world = await ActorWorld.open([concierge]);
    await world.lanes.store.setUp(["create table visits (guest text not null)"]);
    await world.send(concierge, "guest", { text: "hello" }, { origin });
    await world.lanes.until(() => world.broadcasts.length === 1, 0);
    expect(world.broadcasts).toEqual([{ topic: "chat:guest", event: "message", payload: '{"text":"hello"}' }]);
    expect(await world.lanes.state("guest", "concierge")).toEqual({ greeted: true, orders: 0 });
    const [reply] = await world.lanes.stream("out");
    expect(reply).toMatchObject({ target: "telegram", key: "guest", body: '{"text":"Welcome!"}' });
    expect(decodeMeta(reply?.meta ?? null)).toMatchObject({ origin, from: "actor:concierge/guest" });
    await world.lanes.until(() => world.broadcasts.length === 2, 60_000);
    expect(world.broadcasts[1]?.payload).toBe('{"kind":"nudge"}');
    expect(await world.lanes.store.query({ text: ["select count(*) as n from visits"], values: [] })).toEqual([
      { n: 2 },
    ]);
  });

  test("what a timer sends can reply to the conversation that it was set in", async () => {
    const nudger = actor("nudger", {
      receive(_message: unknown, ctx) {
        if (ctx.kind === "timer") ctx.reply("still there?");
        else ctx.schedule("1 s", "nudge", { name: "nudge" });
      },
    });
    await using world = await ActorWorld.open([nudger]);
    await world.send(nudger, "a", "hello", { origin });
    await world.lanes.until(async () => (await world.lanes.stream("out")).length === 1);
    expect((await world.lanes.stream("out"))[0]).toMatchObject({ target: "telegram", body: '"still there?"' });
  });

  test("a cancelled schedule does not fire", async () => {
    const fired: unknown[] = [];
    const clock = actor("clock", {
      receive(message: string, ctx) {
        if (message === "set") ctx.schedule(5_000, "ring", { name: "alarm" });
        else if (message === "stop") ctx.cancel("alarm");
        else fired.push(message);
      },
    });
    await using world = await ActorWorld.open([clock]);
    await world.send(clock, "a", "set");
    await world.send(clock, "b", "set");
    await world.lanes.clock.advanceAsync(1_000);
    await world.send(clock, "a", "stop");
    await world.lanes.clock.advanceAsync(20_000);
    expect(fired).toEqual(["ring"]);
  });

  test("sends to other actors, who know whose message it was", async () => {
    const seen: unknown[] = [];
    const kitchen = actor("kitchen", {
      receive(message: unknown, ctx) {
        seen.push([message, ctx.from, ctx.kind, ctx.canReply]);
      },
    });
    const waiter = actor("waiter", {
      receive(_message: unknown, ctx) {
        ctx.send(kitchen, "stove", { cook: ctx.key }, { idempotencyKey: "once" });
        ctx.send("kitchen", "stove", { cook: "twice" }, { idempotencyKey: "once" });
      },
    });
    await using world = await ActorWorld.open([kitchen, waiter]);
    await world.send(waiter, "table 1", "order", { origin });
    await world.lanes.until(() => seen.length > 0);
    await world.lanes.clock.advanceAsync(3_000);
    expect(seen).toEqual([[{ cook: "table 1" }, "actor:waiter/table 1", "message", false]]);
  });

  test("reads and writes SQL: writes are committed with the state, reads see what is committed", async () => {
    const found: unknown[] = [];
    const ledger = actor("ledger", {
      async receive(amount: number, ctx) {
        found.push(await ctx.query`select coalesce(sum(amount), 0) as total from ledger`);
        ctx.sql`insert into ledger (amount) values (${amount})`;
      },
    });
    await using world = await ActorWorld.open([ledger]);
    await world.lanes.store.setUp(["create table ledger (amount integer not null)"]);
    await world.send(ledger, "a", 5);
    await world.lanes.until(() => found.length === 1, 0);
    await world.send(ledger, "a", 7);
    await world.lanes.until(() => found.length === 2);
    expect(found).toEqual([[{ total: 0 }], [{ total: 5 }]]);
  });

  test("state: undefined deletes it; another value replaces it", async () => {
    const box = actor("box", {
      initial: (): { value: number } | undefined => ({ value: 0 }),
      receive(value: number | null, ctx) {
        ctx.state = value === null ? undefined : { value };
      },
    });
    await using world = await ActorWorld.open([box]);
    await world.send(box, "a", 7);
    await world.lanes.until(async () => (await world.lanes.state("a", "box")) !== undefined, 0);
    expect(await world.lanes.state("a", "box")).toEqual({ value: 7 });
    await world.send(box, "a", null);
    await world.lanes.until(async () => (await world.lanes.state("a", "box")) === undefined);
  });

  test("broadcasts to a topic with history are kept, with their sequence", async () => {
    const crier = actor("crier", { receive: (text: string, ctx) => ctx.broadcast("kept:square", "news", { text }) });
    await using world = await ActorWorld.open([crier]);
    await world.send(crier, "a", "one");
    await world.lanes.until(() => world.broadcasts.length === 1);
    expect(world.broadcasts[0]).toMatchObject({ topic: "kept:square", seq: 1 });
    expect(await world.lanes.store.readHistory("kept:square", 0, 10)).toHaveLength(1);
  });

  test("replying where there is nowhere to reply to is an error that says so", async () => {
    const polite = actor("polite", { attempts: 1, receive: (_: unknown, ctx) => ctx.reply("hello") });
    await using world = await ActorWorld.open([polite]);
    await world.send(polite, "a", 1);
    expect(await world.death()).toMatchObject({ code: "nowhere_to_reply" });
  });

  test("ctx is closed once its handler has ended", async () => {
    let kept: ActorContext | undefined;
    const leaky = actor("leaky", {
      receive(_: unknown, ctx) {
        kept = ctx;
      },
    });
    await using world = await ActorWorld.open([leaky]);
    await world.send(leaky, "a", 1);
    await world.lanes.until(() => kept !== undefined);
    for (const call of [() => kept?.reply(1), () => kept?.send("leaky", "a", 1), () => kept?.schedule(1, 1)]) {
      expect(call).toThrow(/after the handling of m\d-1 had ended/);
    }
  });

  test("ctx is closed once its handler has timed out", async () => {
    const late = Promise.withResolvers<void>();
    const thrown: unknown[] = [];
    const slow = actor("slow", {
      timeout: "1 s",
      attempts: 1,
      async receive(_: unknown, ctx) {
        await late.promise;
        try {
          ctx.broadcast("t", "e", {});
        } catch (error) {
          thrown.push(error instanceof GodwitError && error.code);
          throw error;
        }
      },
    });
    await using world = await ActorWorld.open([slow]);
    await world.send(slow, "a", 1);
    expect(await world.death()).toMatchObject({ code: "handler_timeout" });
    late.resolve();
    await world.lanes.until(() => thrown.length === 1);
    expect(thrown).toEqual(["context_closed"]);
    expect(world.broadcasts).toEqual([]);
  });

  test("a wrong call fails its message at once, for it would be as wrong the next time", async () => {
    const clumsy = actor("clumsy", { receive: (_: unknown, ctx) => void ctx.schedule("soon", 1) });
    await using world = await ActorWorld.open([clumsy]);
    await world.send(clumsy, "a", 1);
    expect(await world.death()).toMatchObject({ code: "invalid_input" });
    expect(await world.lanes.deadLetters()).toEqual(["a 1 dead 1"]);
  });
});

describe("schemas", () => {
  const shop = actor("shop", {
    message: z.object({ item: z.string(), at: z.coerce.date() }),
    state: z.object({ items: z.array(z.string()).max(2) }),
    initial: () => ({ items: [] as string[] }),
    receive(message, ctx) {
      if (!(message.at instanceof Date)) throw new Error("not converted");
      ctx.state.items.push(message.item);
    },
  });
  const addressing = { shardCount: 4, actor: () => shop };

  test("a message that its schema refuses is not written, and the error names the path", () => {
    const send = (): unknown => messageRequest({ to: shop, key: "a", message: { item: 1, at: 0 } }, addressing);
    expect(send).toThrow(SchemaError);
    expect(send).toThrow(/message to shop: item: /);
  });

  test("handlers get what the schema makes of the stored message; a state that its schema refuses is not committed", async () => {
    await using world = await ActorWorld.open([shop]);
    for (const item of ["a", "b", "c"]) await world.send(shop, "k", { item, at: "2026-01-01" });
    expect(await world.death()).toMatchObject({ code: "schema_refused" });
    expect(await world.lanes.state("k", "shop")).toEqual({ items: ["a", "b"] });
  });

  test("what came by another way than send is checked before it is handled", async () => {
    await using world = await ActorWorld.open([shop]);
    await world.append([world.lanes.message("k", { item: 7 }, "shop")]);
    expect(await world.death()).toMatchObject({ code: "schema_refused" });
  });

  test("an unknown actor, an empty key and an oversized message are refused with what was expected", () => {
    const nobody = { shardCount: 4, actor: () => undefined };
    expect(() => messageRequest({ to: "nobody", key: "a", message: 1 }, nobody)).toThrow(/no actor named "nobody"/);
    const message = { item: "x", at: 0 };
    expect(() => messageRequest({ to: shop, key: "", message }, addressing)).toThrow(/key: expected/);
    const huge = { item: "x".repeat(300_000), at: 0 };
    expect(() => messageRequest({ to: shop, key: "a", message: huge }, addressing)).toThrow(/at most 262144 bytes/);
  });
});

describe("ask", () => {
  const echo = actor("echo", {
    attempts: 1,
    async receive(message: { say: string }, ctx) {
      if (message.say === "die") throw new Error("no");
      if (message.say !== "silence") ctx.reply({ said: message.say, kind: ctx.kind });
    },
  });

  test("resolves with the reply, once it is committed", async () => {
    await using world = await ActorWorld.open([echo]);
    const answer = world.asker.ask(echo, "a", { say: "hi" });
    await world.lanes.until(() => world.asker.waiting === 0);
    expect(await answer).toEqual({ said: "hi", kind: "ask" });
  });

  test("an actor may ask another", async () => {
    const answers: unknown[] = [];
    const curious = actor("curious", {
      async receive(_: unknown, ctx) {
        answers.push(await ctx.ask(echo, "other", { say: "hi" }));
      },
    });
    await using world = await ActorWorld.open([echo, curious]);
    await world.send(curious, "a", 1);
    await world.lanes.until(() => answers.length === 1);
    expect(answers).toEqual([{ said: "hi", kind: "ask" }]);
  });

  test("ends with its deadline, and a reply that comes later is dropped and counted", async () => {
    await using world = await ActorWorld.open([echo]);
    const dropped = world.lanes.events.next("ask.late-reply-dropped");
    const answer = world.asker.ask(echo, "a", { say: "silence" }, { timeoutMs: 2_000 });
    answer.catch(() => {});
    await world.lanes.until(() => world.asker.waiting === 0);
    expect(answer).rejects.toBeInstanceOf(DeadlineError);
    world.asker.answered({ process: "p1", askId: "1", body: "1", ok: true });
    expect(await dropped).toEqual({ askId: "1" });
  });

  test("fails at once when its message becomes a dead letter", async () => {
    await using world = await ActorWorld.open([echo]);
    const answer = world.asker.ask(echo, "a", { say: "die" });
    answer.catch(() => {});
    await world.lanes.until(() => world.asker.waiting === 0);
    expect(answer).rejects.toMatchObject({ code: "ask_failed" });
  });
});
