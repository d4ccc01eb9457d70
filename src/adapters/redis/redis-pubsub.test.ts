import { describe } from "bun:test";
import { RedisClient } from "bun";
import { Events, systemClock } from "../../core/index.ts";
import { type PubSubFixture, pubSubContract, requireService, serviceTitle } from "../../testing/index.ts";
import { RedisPubSub } from "./index.ts";

const service = await requireService("redis");
const url = service.kind === "available" ? service.address : "";

async function createFixture(): Promise<PubSubFixture> {
  const members: RedisPubSub[] = [];
  const admin = new RedisClient(url);
  const before = await clientIds(admin);
  return {
    open: async () => {
      const member = new RedisPubSub({ url, clock: systemClock, events: new Events() });
      members.push(member);
      await member.start();
      return member;
    },
    cut: async () => {
      for (const id of await clientIds(admin)) {
        if (!before.has(id)) await admin.send("CLIENT", ["KILL", "ID", id]);
      }
    },
    intrude: async (topic, text) => void (await admin.publish(`godwit:${topic}`, text)),
    [Symbol.asyncDispose]: async () => {
      for (const member of members) await member.stop();
      admin.close();
    },
  };
}

async function clientIds(admin: RedisClient): Promise<ReadonlySet<string>> {
  const list = String(await admin.send("CLIENT", ["LIST"]));
  return new Set([...list.matchAll(/\bid=(\d+)/g)].map(([, id]) => id as string));
}

describe.skipIf(service.kind === "missing")(serviceTitle("RedisPubSub", service), () => {
  pubSubContract("RedisPubSub", createFixture);
});
