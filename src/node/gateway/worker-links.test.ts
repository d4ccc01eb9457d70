import { beforeEach, describe, expect, test } from "bun:test";
import type { AppManifest } from "../../app/index.ts";
import { Events, ManualClock } from "../../core/index.ts";
import { Link, type LinkOptions } from "../../wire/index.ts";
import type { WorkerHello } from "../link-protocol.ts";
import { type WorkerLinkHandlers, WorkerLinks } from "./worker-links.ts";

const HINTS = Array.from({ length: 400 }, (_, i) => `hint.${i}`);
const MANIFEST = { name: "app" } as AppManifest;

/** A worker's end of a link, in this process. */
class FakeWorker {
  /** What it was told about sharing shards, newest last. */
  readonly scopes: unknown[] = [];
  readonly #link: Link;

  constructor(links: WorkerLinks, hello: Partial<WorkerHello> & Pick<WorkerHello, "memberId" | "slot">) {
    const clock = new ManualClock();
    const mine: LinkOptions = {
      peer: "gateway",
      clock,
      onNotification: (kind, data) => void (kind === "share" && this.scopes.push(data)),
      onRequest: (kind, data) => (kind === "take" ? this.scopes.push((data as { scope: unknown }).scope) : null),
    };
    const theirs: Link = new Link(
      { write: (text) => this.#link.receive(text), close: () => {} },
      { ...links.accept(() => theirs), clock },
    );
    this.#link = new Link({ write: (text) => theirs.receive(text), close: () => theirs.close() }, mine);
    this.#link.notify("hello", { pid: 1, release: 1, standby: false, ...hello });
  }

  ready(): Promise<unknown> {
    return this.#link.request("ready", MANIFEST);
  }

  draining(): Promise<unknown> {
    return this.#link.request("draining", null);
  }

  die(): void {
    this.#link.close();
  }
}

describe("the workers of a gateway", () => {
  let links: WorkerLinks;
  beforeEach(() => {
    const ignore = () => {};
    const handlers = new Proxy({}, { get: () => ignore }) as WorkerLinkHandlers;
    links = new WorkerLinks(handlers, new Events(), { gatewayId: "g", first: true });
  });

  async function worker(memberId: string, slot: string, standby = false): Promise<FakeWorker> {
    const made = new FakeWorker(links, { memberId, slot, standby });
    await made.ready();
    return made;
  }

  const membersFound = (): ReadonlySet<string | undefined> => new Set(HINTS.map((hint) => links.find(hint)?.memberId));
  /** Notices of a turn of the event loop have been sent. */
  const told = () => new Promise((resolve) => setImmediate(resolve));

  test("give a worker on standby no requests until it is activated, and then it alone has its slot", async () => {
    await worker("old", "w0");
    await worker("new", "w0", true);
    expect(membersFound()).toEqual(new Set(["old"]));
    links.activate(["new"]);
    expect(membersFound()).toEqual(new Set(["new"]));
    expect(links.byMember("old")?.memberId).toBe("old"); // For the answers to what it has asked.
  });

  test("let the other slots' hints stay where they are when a slot's worker is replaced", async () => {
    await Promise.all([worker("a", "w0"), worker("b", "w1"), worker("c", "w2")]);
    const before = HINTS.map((hint) => links.find(hint)?.slot);
    await worker("b2", "w1", true);
    links.activate(["b2"]);
    expect(HINTS.map((hint) => links.find(hint)?.slot)).toEqual(before);
  });

  test("send a worker nothing new once it drains, whoever asked it to", async () => {
    const [first] = await Promise.all([worker("a", "w0"), worker("b", "w1")]);
    await (first as FakeWorker).draining();
    expect(membersFound()).toEqual(new Set(["b"]));
  });

  test("take draining workers off the count of those who share the shards, until they are gone", async () => {
    const old = await worker("old", "w0");
    const next = await worker("new", "w0", true);
    await links.take("new");
    links.activate(["new"]);
    await told();
    old.die();
    await told();
    expect(next.scopes).toEqual([{ uncounted: 0 }, { uncounted: 1 }, { uncounted: 0 }]);
  });

  test("share shards and hints out between a canary and the others, and all to all when it is over", async () => {
    const current = await worker("current", "w0");
    const canary = await worker("canary", "c0", true);
    links.setCanary({ slots: new Set(["c0"]), share: 0.25, shards: new Set([1, 6]), shardCount: 8 });
    expect(membersFound()).toEqual(new Set(["current"])); // Nobody of its side is up.
    links.activate(["canary"]);
    await told();
    expect(current.scopes.at(-1)).toEqual({ uncounted: 1, shards: [0, 2, 3, 4, 5, 7] });
    expect(canary.scopes.at(-1)).toEqual({ uncounted: 1, shards: [1, 6] });
    const onCanary = HINTS.filter((hint) => links.find(hint)?.memberId === "canary").length;
    expect(onCanary).toBeGreaterThan(HINTS.length * 0.18);
    expect(onCanary).toBeLessThan(HINTS.length * 0.32);
    links.setCanary(undefined);
    canary.die();
    await told();
    expect(current.scopes.at(-1)).toEqual({ uncounted: 0 });
    expect(membersFound()).toEqual(new Set(["current"]));
  });
});
