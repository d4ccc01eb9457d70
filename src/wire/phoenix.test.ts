import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Serializer } from "phoenix";
import {
  type ClientMessage,
  MalformedFrameError,
  type PhoenixBody,
  phoenixV1,
  phoenixV2,
  serializerVersion,
} from "./index.ts";

/** More cases in the long run: `GODWIT_FUZZ_RUNS=1000000`. */
const RUNS = Number(process.env.GODWIT_FUZZ_RUNS ?? 2_000);

const field = fc.string({ unit: "binary", maxLength: 60 });
const ref = fc.oneof(fc.constant(null), fc.string({ minLength: 1, maxLength: 20 }));
const payload = fc.dictionary(fc.string(), fc.jsonValue());

/** What the real client makes of a frame of ours. */
function clientDecodes(frame: string | Uint8Array): Record<string, unknown> {
  let message: Record<string, unknown> = {};
  const raw = typeof frame === "string" ? frame : (frame.buffer as ArrayBuffer);
  Serializer.decode(raw, (decoded) => {
    message = decoded;
  });
  return message;
}

function clientEncodes(message: Record<string, unknown>): string | Uint8Array {
  let frame: string | ArrayBuffer = "";
  Serializer.encode(message, (encoded) => {
    frame = encoded;
  });
  return typeof frame === "string" ? frame : new Uint8Array(frame);
}

function parsed(body: PhoenixBody): unknown {
  return typeof body === "string" ? JSON.parse(body) : body;
}

describe("serializer 2.0.0", () => {
  test("reads every text message that the client writes, and keeps its payload's own spelling", () => {
    fc.assert(
      fc.property(ref, ref, field, field, payload, (join_ref, ref, topic, event, payload) => {
        const text = clientEncodes({ join_ref, ref, topic, event, payload }) as string;
        const message = phoenixV2.decodeText(text);
        expect(message).toEqual({ joinRef: join_ref, ref, topic, event, body: JSON.stringify(payload) });
      }),
      { numRuns: RUNS },
    );
  });

  test("reads every binary message that the client writes", () => {
    const short = fc.string({ minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(short, short, short, short, fc.uint8Array(), (join_ref, ref, topic, event, bytes) => {
        const payload = bytes.slice().buffer;
        const message = phoenixV2.decodeBinary(clientEncodes({ join_ref, ref, topic, event, payload }) as Uint8Array);
        expect(message).toEqual({ joinRef: join_ref, ref, topic, event, body: bytes });
      }),
      { numRuns: RUNS },
    );
  });

  test("writes pushes, replies and broadcasts that the client reads as they were meant", () => {
    const short = fc.string({ minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(short, short, short, short, payload, (joinRef, ref, topic, event, value) => {
        const body = JSON.stringify(value);
        const pushed = clientDecodes(phoenixV2.encodePush({ joinRef, ref: null, topic, event, body }));
        expect(pushed).toEqual({ join_ref: joinRef, ref: null, topic, event, payload: JSON.parse(body) });
        const replied = clientDecodes(phoenixV2.encodeReply({ joinRef, ref, topic, status: "ok", body }));
        expect(replied.payload).toEqual({ status: "ok", response: JSON.parse(body) });
        const sent = clientDecodes(phoenixV2.encodeBroadcast({ topic, event, body }));
        expect(sent).toEqual({ join_ref: null, ref: null, topic, event, payload: JSON.parse(body) });
      }),
      { numRuns: RUNS },
    );
  });

  test("writes binary pushes, replies and broadcasts that the client reads as they were meant", () => {
    const short = fc.string({ minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(short, short, short, short, fc.uint8Array(), (joinRef, ref, topic, event, body) => {
        const pushed = clientDecodes(phoenixV2.encodePush({ joinRef, ref: null, topic, event, body }));
        expect(pushed).toEqual({ join_ref: joinRef, ref: null, topic, event, payload: body.slice().buffer });
        const replied = clientDecodes(phoenixV2.encodeReply({ joinRef, ref, topic, status: "error", body }));
        expect(replied).toMatchObject({ join_ref: joinRef, ref, topic, event: "phx_reply" });
        expect(replied.payload).toEqual({ status: "error", response: body.slice().buffer });
        const sent = clientDecodes(phoenixV2.encodeBroadcast({ topic, event, body }));
        expect(sent).toEqual({ join_ref: null, ref: null, topic, event, payload: body.slice().buffer });
      }),
      { numRuns: RUNS },
    );
  });

  test("ignores elements beyond the fifth", () => {
    const message = phoenixV2.decodeText('["1", "2", "t", "e", {"a": 1}, "more"]');
    expect({ ...message, body: parsed(message.body) }).toEqual({
      joinRef: "1",
      ref: "2",
      topic: "t",
      event: "e",
      body: { a: 1 },
    });
  });

  test.each([
    ["no JSON", "{"],
    ["no array", "{}"],
    ["too short", '["1","2","t","e"]'],
    ["a payload that is an array", '["1","2","t","e",[]]'],
    ["a payload that is null", '["1","2","t","e",null]'],
    ["a payload that is text", '["1","2","t","e","x"]'],
    ["a topic that is a number", '["1","2",3,"e",{}]'],
    ["an event that is null", '["1","2","t",null,{}]'],
    ["a ref that is an object", '["1",{},"t","e",{}]'],
    ["a join_ref that is a boolean", '[true,"2","t","e",{}]'],
  ])("refuses a text frame with %s", (_what, text) => {
    expect(() => phoenixV2.decodeText(text)).toThrow(MalformedFrameError);
  });

  test.each([
    ["nothing in it", []],
    ["a kind that clients do not send", [1, 0, 0, 0, 0]],
    ["sizes cut short", [0, 1, 1]],
    ["fields cut short", [0, 1, 1, 5, 5, 49, 49]],
    ["a topic that is no UTF-8", [0, 0, 0, 1, 0, 0xff]],
  ])("refuses a binary frame with %s", (_what, bytes) => {
    expect(() => phoenixV2.decodeBinary(Uint8Array.from(bytes))).toThrow(MalformedFrameError);
  });
});

describe("serializer 1.0.0", () => {
  test("reads object frames and writes frames that an old client reads", () => {
    expect(phoenixV1.decodeText('{"topic":"t","event":"e","payload":{"a":1},"ref":"7"}')).toEqual({
      joinRef: null,
      ref: "7",
      topic: "t",
      event: "e",
      body: '{"a":1}',
    });
    const reply = phoenixV1.encodeReply({ joinRef: null, ref: "7", topic: "t", status: "ok", body: "{}" });
    expect(JSON.parse(reply as string)).toEqual({
      topic: "t",
      event: "phx_reply",
      payload: { status: "ok", response: {} },
      ref: "7",
    });
  });

  test.each(["[]", '{"topic":"t"}', '{"topic":1,"event":"e","payload":{}}', "null", "x"])("refuses %s", (text) => {
    expect(() => phoenixV1.decodeText(text)).toThrow(MalformedFrameError);
  });
});

test("decoders answer anything with a message or a malformed_frame, and nothing else", () => {
  const decoded = (decode: () => ClientMessage): void => {
    try {
      const message = decode();
      expect(typeof message.topic).toBe("string");
      if (typeof message.body === "string") expect(JSON.parse(message.body)).toBeObject();
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(MalformedFrameError);
    }
  };
  const nearly = fc.oneof(
    fc.json(),
    fc.string(),
    fc.array(fc.jsonValue(), { minLength: 3, maxLength: 6 }).map((a) => JSON.stringify(a)),
  );
  fc.assert(
    fc.property(nearly, (text) => {
      decoded(() => phoenixV2.decodeText(text));
      decoded(() => phoenixV1.decodeText(text));
    }),
    { numRuns: RUNS },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.boolean(), (bytes, push) => {
      if (push && bytes.length > 0) bytes[0] = 0;
      decoded(() => phoenixV2.decodeBinary(bytes));
    }),
    { numRuns: RUNS },
  );
});

test("serves the versions that Phoenix serves", () => {
  expect([null, "", "1.0.0", "1.0.3", "2.0.0", "2.0.9"].map(serializerVersion)).toEqual([
    "1.0.0",
    "1.0.0",
    "1.0.0",
    "1.0.0",
    "2.0.0",
    "2.0.0",
  ]);
  expect(["2.1.0", "3.0.0", "0.9.0", "2", "x", "2.0.0-rc"].map(serializerVersion)).toEqual(Array(6).fill(undefined));
});
