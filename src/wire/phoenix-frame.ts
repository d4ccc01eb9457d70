/**
 * A Phoenix Channels message, whatever serializer carried it, and the errors of decoding one.
 * Source: phoenixframework/phoenix 1.8, `lib/phoenix/socket/serializers/`; judged by the npm client `phoenix`.
 */
import { GodwitError } from "../core/index.ts";

/** Chosen by the client and echoed verbatim: the client compares with `!==`. Null: the client gave none. */
export type PhoenixRef = string | number | null;

/**
 * A message's payload on its way through Godwit: JSON text of an object, carried verbatim so that nothing is parsed twice, or bytes.
 */
export type PhoenixBody = string | Uint8Array;

/** What a client sends. */
export interface ClientMessage {
  readonly joinRef: PhoenixRef;
  readonly ref: PhoenixRef;
  readonly topic: string;
  readonly event: string;
  readonly body: PhoenixBody;
}

export interface PushMessage {
  readonly joinRef: PhoenixRef;
  /** Null but for `phx_close` and `phx_error`, where it repeats the join ref. Never invented: a client takes it for a heartbeat's answer. */
  readonly ref: PhoenixRef;
  readonly topic: string;
  readonly event: string;
  readonly body: PhoenixBody;
}

export interface ReplyMessage {
  readonly joinRef: PhoenixRef;
  readonly ref: PhoenixRef;
  readonly topic: string;
  readonly status: string;
  readonly body: PhoenixBody;
}

export interface BroadcastMessage {
  readonly topic: string;
  readonly event: string;
  readonly body: PhoenixBody;
}

/** Turns messages into frames (text or bytes) and back, for one protocol version. Stateless. */
export interface PhoenixSerializer {
  /** The protocol versions that this serves, as `vsn` says them. */
  readonly version: "1.0.0" | "2.0.0";
  /** @throws MalformedFrameError */
  decodeText(text: string): ClientMessage;
  /** @throws MalformedFrameError */
  decodeBinary(bytes: Uint8Array): ClientMessage;
  /** @throws UnencodableError when this version cannot carry the message. */
  encodePush(message: PushMessage): string | Uint8Array;
  /** @throws UnencodableError */
  encodeReply(message: ReplyMessage): string | Uint8Array;
  /** @throws UnencodableError */
  encodeBroadcast(message: BroadcastMessage): string | Uint8Array;
}

/** The other side sent what is no frame of its protocol version. Its socket is closed with a protocol error; no other is touched. */
export class MalformedFrameError extends GodwitError {
  /** Not even JSON, as opposed to JSON of another shape. */
  readonly jsonBroken: boolean;

  constructor(expected: string, jsonBroken = false) {
    super("malformed_frame", `malformed frame: expected ${expected}`);
    this.jsonBroken = jsonBroken;
  }
}

/** The protocol version of the receiving socket has no form for this message. */
export class UnencodableError extends GodwitError {
  constructor(message: string) {
    super("unencodable", message);
  }
}

/** The serializer version for a `vsn` query parameter: absent is 1.0.0; `~> 1.0.0` and `~> 2.0.0` are served; undefined for the rest. */
export function serializerVersion(vsn: string | null | undefined): "1.0.0" | "2.0.0" | undefined {
  if (vsn === null || vsn === undefined || vsn === "") return "1.0.0";
  const match = /^([12])\.0\.\d+$/.exec(vsn);
  if (!match) return undefined;
  return match[1] === "1" ? "1.0.0" : "2.0.0";
}
