import { type PubSubFixture, pubSubContract } from "../testing/index.ts";
import { PubSubHub } from "./hub.ts";
import type { PubSub } from "./port.ts";

function stopAll(members: readonly PubSub[]): () => Promise<void> {
  return async () => {
    for (const member of members) await member.stop();
  };
}

pubSubContract("PubSubHub", async (): Promise<PubSubFixture> => {
  const hub = new PubSubHub();
  const members: PubSub[] = [];
  return {
    open: async () => {
      const member = hub.member();
      members.push(member);
      return member;
    },
    [Symbol.asyncDispose]: stopAll(members),
  };
});

pubSubContract("PubSubHubs with one upstream", async (): Promise<PubSubFixture> => {
  const upstream = new PubSubHub();
  const members: PubSub[] = [];
  return {
    open: async () => {
      const member = new PubSubHub(upstream.member()).member();
      members.push(member);
      return member;
    },
    [Symbol.asyncDispose]: stopAll(members),
  };
});
