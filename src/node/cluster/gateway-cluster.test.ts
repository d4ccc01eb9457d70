import { describe, expect, test } from "bun:test";
import { PresenceTable } from "../../channels/index.ts";
import { type EventName, Events, ManualClock, SECOND } from "../../core/index.ts";
import { type PubSub, PubSubHub } from "../../pubsub/index.ts";
import { GatewayCluster } from "./gateway-cluster.ts";
import { NodeLink } from "./node-link.ts";
import { SILENT_MS } from "./presence-exchange.ts";

/** A cluster in one process, and what each gateway was told. */
class Cluster {
  readonly clock = new ManualClock();
  readonly hub = new PubSubHub();

  async gateway(name: string): Promise<TestGateway> {
    const gateway = new TestGateway(name, this.hub.member(), this.clock);
    await gateway.cluster.start(gateway);
    await settled();
    return gateway;
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 1_000) {
      this.clock.advance(Math.min(left, 1_000));
      await settled();
    }
  }
}

class TestGateway {
  readonly told: string[] = [];
  readonly emitted: string[] = [];
  readonly cluster: GatewayCluster;
  readonly presence: PresenceTable;
  readonly pubsub: PubSub;

  constructor(name: string, pubsub: PubSub, clock: ManualClock) {
    const events = new Events();
    for (const event of ["gateway.joined", "gateway.lost", "pubsub.message-refused"] satisfies EventName[]) {
      events.on(event, (payload) => this.emitted.push(`${event} ${JSON.stringify(payload)}`));
    }
    this.pubsub = pubsub;
    this.cluster = new GatewayCluster({ pubsub, clock, events });
    this.presence = new PresenceTable(name, () => this.cluster.presenceChanged());
  }

  deliverBroadcast(broadcast: object): void {
    this.told.push(JSON.stringify(broadcast));
  }

  disconnect(socketId: string): void {
    this.told.push(`disconnect ${socketId}`);
  }

  async catchUp(): Promise<void> {
    this.told.push("catch up");
  }

  present(topic = "room:1"): readonly string[] {
    return Object.keys(this.presence.list(topic)).sort();
  }

  /** As a power cut: it says nothing any more, not even good-bye. */
  async die(): Promise<void> {
    await this.pubsub.stop();
  }
}

/** Lets the hub's microtasks run. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

describe("presence in a cluster", () => {
  test("is the same at every gateway a moment after it changed", async () => {
    const cluster = new Cluster();
    const [a, b, c] = [await cluster.gateway("a"), await cluster.gateway("b"), await cluster.gateway("c")];
    const { ref } = a.presence.track("room:1", "ada", {});
    b.presence.track("room:1", "bob", {});
    await cluster.pass(50);
    for (const gateway of [a, b, c]) expect(gateway.present()).toEqual(["ada", "bob"]);
    a.presence.untrack([ref]);
    await cluster.pass(50);
    for (const gateway of [a, b, c]) expect(gateway.present()).toEqual(["bob"]);
  });

  test("is known to a gateway that starts later", async () => {
    const cluster = new Cluster();
    const a = await cluster.gateway("a");
    a.presence.track("room:1", "ada", {});
    await cluster.pass(50);
    const b = await cluster.gateway("b");
    expect(b.present()).toEqual(["ada"]);
  });

  test("ends at once with a gateway that takes leave", async () => {
    const cluster = new Cluster();
    const [a, b] = [await cluster.gateway("a"), await cluster.gateway("b")];
    a.presence.track("room:1", "ada", {});
    await cluster.pass(50);
    a.cluster.stop();
    a.cluster.stop();
    await settled();
    expect(b.present()).toEqual([]);
    expect(b.emitted).toContain('gateway.lost {"gateway":"a","reason":"left"}');
  });

  test("ends in bounded time with a gateway that dies, and durable topics are read anew", async () => {
    const cluster = new Cluster();
    const [a, b] = [await cluster.gateway("a"), await cluster.gateway("b")];
    a.presence.track("room:1", "ada", {});
    await cluster.pass(50);
    await a.die();
    await cluster.pass(SILENT_MS - 4 * SECOND);
    expect(b.present()).toEqual(["ada"]);
    await cluster.pass(8 * SECOND);
    expect(b.present()).toEqual([]);
    expect(b.emitted).toContain('gateway.lost {"gateway":"a","reason":"silent"}');
    expect(b.told).toContain("catch up");
  });

  test("comes back with a gateway that was only thought dead", async () => {
    const cluster = new Cluster();
    const [a, b] = [await cluster.gateway("a"), await cluster.gateway("b")];
    a.presence.track("room:1", "ada", {});
    await cluster.pass(50);
    cluster.hub.member().publish("gateways", JSON.stringify({ kind: "left", replica: "a", incarnation: 1 }));
    await settled();
    expect(b.present()).toEqual([]);
    await cluster.pass(4 * SECOND);
    expect(b.present()).toEqual(["ada"]);
  });

  test("is repaired after a delta was lost", async () => {
    const cluster = new Cluster();
    const [a, b] = [await cluster.gateway("a"), await cluster.gateway("b")];
    a.presence.track("room:1", "lost", {});
    a.presence.takeDelta(); // Taken, and never sent.
    await cluster.pass(50);
    expect(b.present()).toEqual([]);
    await cluster.pass(4 * SECOND);
    expect(b.present()).toEqual(["lost"]);
  });

  test("holds after random joins, leaves and deaths: no zombies, nobody missing", async () => {
    const cluster = new Cluster();
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    const alive = [await cluster.gateway("g0"), await cluster.gateway("g1"), await cluster.gateway("g2")];
    const refs = new Map<TestGateway, string[]>(alive.map((gateway) => [gateway, []]));
    for (let step = 0; step < 1_500; step++) {
      const gateway = alive[random(alive.length)] as TestGateway;
      const own = refs.get(gateway) as string[];
      const dice = random(100);
      if (dice < 55) own.push(gateway.presence.track("room:1", `k${random(40)}`, {}).ref);
      else if (dice < 97) gateway.presence.untrack(own.splice(random(own.length + 1), 1));
      else if (dice < 99 && alive.length > 1) {
        alive.splice(alive.indexOf(gateway), 1);
        refs.delete(gateway);
        if (dice === 97) await gateway.die();
        else gateway.cluster.stop();
      } else {
        const next = await cluster.gateway(`g${step}`);
        alive.push(next);
        refs.set(next, []);
      }
      if (random(5) === 0) await cluster.pass(30);
    }
    await cluster.pass(SILENT_MS + 8 * SECOND);
    const expected = [...refs.values()].reduce((sum, own) => sum + own.length, 0);
    for (const gateway of alive) expect(gateway.presence.size).toBe(expected);
  });
});

describe("between gateways", () => {
  test("a broadcast reaches those whose sockets have joined the topic, until they have left it", async () => {
    const cluster = new Cluster();
    const [a, b] = [await cluster.gateway("a"), await cluster.gateway("b")];
    const node = nodeLink(cluster, "n1");
    await a.cluster.topicOpened("room:1");
    await b.cluster.topicOpened("room:2");
    node.broadcast({ topic: "room:1", event: "new", body: "{}", seq: 3 });
    await settled();
    expect(a.told).toEqual(['{"topic":"room:1","event":"new","body":"{}","seq":3}']);
    expect(b.told).toEqual([]);
    a.cluster.topicClosed("room:1");
    node.broadcast({ topic: "room:1", event: "new", body: "{}" });
    await settled();
    expect(a.told).toHaveLength(1);
  });

  test("a disconnect and a call to catch up reach all", async () => {
    const cluster = new Cluster();
    const [a, b] = [await cluster.gateway("a"), await cluster.gateway("b")];
    nodeLink(cluster, "n1").disconnect({ socketId: "user:1" });
    a.cluster.askToCatchUp();
    await settled();
    expect(a.told).toEqual(["disconnect user:1"]);
    expect(b.told).toEqual(["disconnect user:1", "catch up"]);
  });

  test("garbage from another program is passed over with an event, and nothing is done", async () => {
    const cluster = new Cluster();
    const a = await cluster.gateway("a");
    await a.cluster.topicOpened("room:1");
    const stranger = cluster.hub.member();
    for (const topic of ["gateways", "gateway:a", "topic:room:1"]) stranger.publish(topic, "\u0000{garbage");
    await settled();
    expect(a.told).toEqual([]);
    expect(a.emitted).toHaveLength(3);
  });

  test("after a gap everybody reads from where nothing is lost", async () => {
    const gap = Promise.withResolvers<() => void>();
    const clock = new ManualClock();
    const upstream = new PubSubHub().member();
    const onGap = (listener: () => void) => {
      gap.resolve(listener);
      return () => {};
    };
    const hub = new PubSubHub({ ...bound(upstream), onGap });
    const [a, b] = ["a", "b"].map((name) => new TestGateway(name, hub.member(), clock)) as [TestGateway, TestGateway];
    await Promise.all([a.cluster.start(a), b.cluster.start(b)]);
    a.presence.track("room:1", "ada", {});
    a.presence.takeDelta(); // Lost on the way.
    (await gap.promise)();
    await settled();
    expect(a.told).toContain("catch up");
    expect(b.present()).toEqual(["ada"]);
  });

  test("grown shards wake the other nodes once for what comes together, and answers find their node", async () => {
    const cluster = new Cluster();
    const heard: string[] = [];
    const [one, two] = [nodeLink(cluster, "n1"), nodeLink(cluster, "n2", heard)];
    one.grown([1, 2]);
    one.grown([2, 3]);
    await cluster.pass(10);
    one.askReply({ process: "n2/w0/x", askId: "7", body: "1", ok: true });
    one.askReply({ process: "n1/w0/x", askId: "8", body: "1", ok: true });
    await settled();
    expect(heard).toEqual(["wake 1,2,3", "answer 7"]);
    two.stop();
    two.stop();
  });
});

function nodeLink({ hub, clock }: Cluster, nodeName: string, heard: string[] = []): NodeLink {
  const link = new NodeLink({
    pubsub: hub.member(),
    nodeName,
    shardCount: 8,
    clock,
    events: new Events(),
    wake: (shards) => heard.push(`wake ${shards}`),
    answered: ({ askId }) => heard.push(`answer ${askId}`),
  });
  link.start();
  return link;
}

function bound(pubsub: PubSub): PubSub {
  return {
    start: () => pubsub.start(),
    stop: () => pubsub.stop(),
    publish: (topic, message) => pubsub.publish(topic, message),
    subscribe: (topic, listener) => pubsub.subscribe(topic, listener),
    onGap: (listener) => pubsub.onGap(listener),
  };
}
