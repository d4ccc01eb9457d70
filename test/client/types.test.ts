/** What the compiler says of a typed client: this file does not compile when an inference is lost. */
import { expect, test } from "bun:test";
import { z } from "zod";
import { channel } from "../../src/channels/index.ts";
import type {
  EventPayload,
  ParamsIn,
  Payload,
  PushEvent,
  PushPayload,
  PushReply,
  TopicIn,
} from "../../src/client/index.ts";

const room = channel("room:*", {
  params: z.object({ user: z.string() }),
  events: { say: z.object({ text: z.string(), times: z.coerce.number() }) },
  on: {
    say: ({ text, times }) => ({ echo: text.repeat(times) }),
    later: async () => ({ at: 1 }),
    quiet: () => {},
    free: (payload) => payload,
  },
  onBinary: { blob: (bytes) => ({ size: bytes.length }) },
});
type Room = typeof room;

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(..._proof: Same<A, B> extends true ? [] : ["not the same type", A, B]): void {}

test("topics, params, events, payloads and replies come from the definition", () => {
  same<TopicIn<Room>, `room:${string}`>();
  same<ParamsIn<Room>, { user: string }>();
  same<PushEvent<Room>, "say" | "later" | "quiet" | "free" | "blob">();
  same<PushPayload<Room, "say">["text"], string>();
  same<PushPayload<Room, "free">, Payload | Uint8Array>();
  same<PushReply<Room, "say">, { echo: string }>();
  same<PushReply<Room, "later">, { at: number }>();
  same<PushReply<Room, "blob">, { size: number }>();
  same<PushReply<Room, "quiet">, Payload>();
  same<EventPayload<Room, "say">, { text: string; times: number }>();
  same<EventPayload<Room, "presence_diff">, Payload>();
  expect(room.pattern).toBe("room:*");
});
