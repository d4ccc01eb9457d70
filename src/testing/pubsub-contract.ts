import { describe, expect, test } from "bun:test";
import { MAX_TOPIC_LENGTH, type PubSub } from "../pubsub/index.ts";

/** A server (or none) for one test; disposing of it stops the members. */
export interface PubSubFixture extends AsyncDisposable {
  /** Another member, started. */
  open(): Promise<PubSub>;
  /** Cuts every connection of the members so far, as a server that restarts does. Absent where there is none to cut. */
  readonly cut?: () => Promise<void>;
  /** Lets another program write `text` to whoever subscribes to `topic`, unless the members are out of its reach. */
  readonly intrude?: (topic: string, text: string) => Promise<void>;
}

/** Takes down what a subscription hears, and lets a test wait for it. */
class Heard {
  readonly messages: string[] = [];
  #waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  readonly listener = (message: string): void => {
    this.messages.push(message);
    for (const { count, resolve } of this.#waiting) if (this.messages.length >= count) resolve();
  };

  async first(count: number): Promise<readonly string[]> {
    if (this.messages.length < count) {
      await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }));
    }
    return this.messages.slice(0, count);
  }
}

const TOPIC = "room:1";

async function hear(member: PubSub, topic: string = TOPIC): Promise<Heard & { stop(): void }> {
  const heard = new Heard();
  const { ready, unsubscribe } = member.subscribe(topic, heard.listener);
  await ready;
  return Object.assign(heard, { stop: unsubscribe });
}

/**
 * Registers the tests that every `PubSub` must pass, as a `bun:test` suite named `name`. The port says what is promised; here is the proof.
 *
 * @example
 * pubSubContract("RedisPubSub", () => createRedisFixture());
 */
export function pubSubContract(name: string, createFixture: () => Promise<PubSubFixture>): void {
  describe(`${name} keeps the pub/sub contract`, () => {
    delivery(createFixture);
    subscriptions(createFixture);
    contents(createFixture);
    losses(createFixture);
  });
}

function delivery(createFixture: () => Promise<PubSubFixture>): void {
  test("a message reaches every other member that subscribes to its topic, and no other topic", async () => {
    await using fixture = await createFixture();
    const [ada, bob, cyd] = [await fixture.open(), await fixture.open(), await fixture.open()];
    const [atBob, atCyd, elsewhere] = [await hear(bob), await hear(cyd), await hear(bob, "room:2")];
    ada.publish(TOPIC, "hello");
    ada.publish("room:2", "end");
    expect(await atBob.first(1)).toEqual(["hello"]);
    expect(await atCyd.first(1)).toEqual(["hello"]);
    expect(await elsewhere.first(1)).toEqual(["end"]);
  });

  test("a member does not hear itself", async () => {
    await using fixture = await createFixture();
    const [ada, bob] = [await fixture.open(), await fixture.open()];
    const atAda = await hear(ada);
    ada.publish(TOPIC, "mine");
    const atBob = await hear(bob, "answer");
    const asked = await hear(ada, "question");
    bob.publish("question", "did you hear it?");
    await asked.first(1);
    ada.publish("answer", "no");
    await atBob.first(1);
    bob.publish(TOPIC, "yours");
    expect(await atAda.first(1)).toEqual(["yours"]);
  });

  test("messages of one publisher on one topic keep their order, in bursts and after pauses", async () => {
    await using fixture = await createFixture();
    const [ada, bob] = [await fixture.open(), await fixture.open()];
    const heard = await hear(bob);
    const expected = Array.from({ length: 3_000 }, (_, i) => `m${i}`);
    for (const message of expected.slice(0, 2_000)) ada.publish(TOPIC, message);
    await heard.first(100);
    for (const message of expected.slice(2_000)) ada.publish(TOPIC, message);
    expect(await heard.first(expected.length)).toEqual(expected);
  });

  test("two listeners of one topic in one member both hear it", async () => {
    await using fixture = await createFixture();
    const [ada, bob] = [await fixture.open(), await fixture.open()];
    const [one, two] = [await hear(bob), await hear(bob)];
    ada.publish(TOPIC, "both");
    expect(await one.first(1)).toEqual(["both"]);
    expect(await two.first(1)).toEqual(["both"]);
  });
}

function subscriptions(createFixture: () => Promise<PubSubFixture>): void {
  test("nothing is heard after unsubscribing, and everything after subscribing again", async () => {
    await using fixture = await createFixture();
    const [ada, bob] = [await fixture.open(), await fixture.open()];
    const first = await hear(bob);
    ada.publish(TOPIC, "1");
    await first.first(1);
    first.stop();
    first.stop();
    const marker = await hear(bob, "marker");
    ada.publish(TOPIC, "2");
    ada.publish("marker", "past it");
    await marker.first(1);
    const second = await hear(bob);
    ada.publish(TOPIC, "3");
    expect(await second.first(1)).toEqual(["3"]);
    expect(first.messages).toEqual(["1"]);
  });

  test("subscribing and unsubscribing in one breath ends as it was last asked", async () => {
    await using fixture = await createFixture();
    const [ada, bob] = [await fixture.open(), await fixture.open()];
    const heard = new Heard();
    const subscriptions = Array.from({ length: 5 }, () => bob.subscribe(TOPIC, heard.listener));
    for (const { unsubscribe } of subscriptions) unsubscribe();
    const last = await hear(bob);
    ada.publish(TOPIC, "once");
    expect(await last.first(1)).toEqual(["once"]);
    expect(heard.messages).toEqual([]);
  });

  test("a thousand topics are told apart", async () => {
    await using fixture = await createFixture();
    const [ada, bob] = [await fixture.open(), await fixture.open()];
    const heard = await Promise.all(Array.from({ length: 1_000 }, (_, i) => hear(bob, `room:${i}`)));
    for (let i = 0; i < heard.length; i++) ada.publish(`room:${i}`, `for ${i}`);
    const first = await Promise.all(heard.map((one) => one.first(1)));
    expect(first.map(([message]) => message)).toEqual(heard.map((_, i) => `for ${i}`));
  });

  test("stopping is safe twice, before the start, and lets nothing through afterwards, in or out", async () => {
    await using fixture = await createFixture();
    const [ada, bob, cyd] = [await fixture.open(), await fixture.open(), await fixture.open()];
    const [atBob, atCyd] = [await hear(bob), await hear(cyd)];
    await bob.stop();
    await bob.stop();
    bob.publish(TOPIC, "from the dead");
    ada.publish(TOPIC, "late");
    expect(await atCyd.first(1)).toEqual(["late"]);
    expect(atBob.messages).toEqual([]);
  });
}

function contents(createFixture: () => Promise<PubSubFixture>): void {
  test.each([
    ["an empty message", ""],
    ["control characters and NUL", "\u0000\u0001\n\r'\"\\"],
    ["any script", "żółw 渡り鳥 🐦"],
    ["a message of two megabytes", "x".repeat(2 * 1024 * 1024)],
    ["just over a notification's limit, in two-byte characters", "é".repeat(4_001)],
  ])("carries %s as it is", async (_what, message) => {
    await using fixture = await createFixture();
    const [ada, bob] = [await fixture.open(), await fixture.open()];
    const topic = `t:${"ü\u0000'"}`;
    const heard = await hear(bob, topic);
    ada.publish(topic, message);
    ada.publish(topic, "after");
    expect(await heard.first(2)).toEqual([message, "after"]);
  });

  test("refuses a topic that is none, on publishing and subscribing", async () => {
    await using fixture = await createFixture();
    const ada = await fixture.open();
    for (const topic of ["", "x".repeat(MAX_TOPIC_LENGTH + 1)]) {
      expect(() => ada.publish(topic, "")).toThrow("pub/sub topic");
      expect(() => ada.subscribe(topic, () => {})).toThrow("pub/sub topic");
    }
  });
}

function losses(createFixture: () => Promise<PubSubFixture>): void {
  test("after its connections were cut, a member says that there was a gap, and hears again what it subscribes to", async () => {
    await using fixture = await createFixture();
    if (!fixture.cut) return;
    const [ada, bob] = [await fixture.open(), await fixture.open()];
    const heard = await hear(bob);
    const gap = new Promise<void>((resolve) => bob.onGap(resolve));
    await fixture.cut();
    await gap;
    const meanwhile = await hear(bob, "new");
    const sent = Promise.race([publishUntilHeard(ada, TOPIC, heard), heard.first(1)]);
    await sent;
    ada.publish("new", "also new topics");
    expect(await meanwhile.first(1)).toEqual(["also new topics"]);
  });

  test("what another program writes is passed over, and what follows arrives", async () => {
    await using fixture = await createFixture();
    if (!fixture.intrude) return;
    const [ada, bob] = [await fixture.open(), await fixture.open()];
    const heard = await hear(bob);
    for (const text of ["", "garbage", "{}", "[[1,2]]", '["a"]', "@999999", "@x", "null", `${"f".repeat(40)}`]) {
      await fixture.intrude(TOPIC, text);
    }
    ada.publish(TOPIC, "genuine");
    expect(await heard.first(1)).toEqual(["genuine"]);
  });
}

/** A publisher whose own connection was cut may lose what it sends until that is back: at most once is all that is promised. */
async function publishUntilHeard(member: PubSub, topic: string, heard: Heard): Promise<void> {
  const timer = setInterval(() => member.publish(topic, "again"), 20);
  try {
    await heard.first(1);
  } finally {
    clearInterval(timer);
  }
}
