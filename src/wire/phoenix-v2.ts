/**
 * Serializer 2.0.0: text frames `[join_ref, ref, topic, event, payload]`, and binary frames (phoenix-v2-binary.ts) for payloads of bytes.
 */
import type { BroadcastMessage, ClientMessage, PhoenixSerializer, PushMessage, ReplyMessage } from "./phoenix-frame.ts";
import { MalformedFrameError } from "./phoenix-frame.ts";
import { objectField, parseJson, refField, textField } from "./phoenix-json.ts";
import { decodeBinaryPush, encodeBinaryBroadcast, encodeBinaryPush, encodeBinaryReply } from "./phoenix-v2-binary.ts";

const ELEMENTS = 5;

function decodeText(text: string): ClientMessage {
  const frame = parseJson(text);
  if (!Array.isArray(frame) || frame.length < ELEMENTS) {
    throw new MalformedFrameError("[join_ref, ref, topic, event, payload]");
  }
  const payload = objectField(frame[4]);
  return {
    joinRef: refField(frame[0], "join_ref"),
    ref: refField(frame[1], "ref"),
    topic: textField(frame[2], "topic"),
    event: textField(frame[3], "event"),
    body: payloadText(text, frame, payload),
  };
}

/**
 * The payload as the client wrote it, so that it need not be written again. It begins at the frame's first brace, unless one of the texts before it
 * holds a brace too, and ends at the last one, unless more elements follow; then it is written again.
 */
function payloadText(text: string, frame: readonly unknown[], payload: object): string {
  const clear =
    frame.length === ELEMENTS && !frame.some((element) => typeof element === "string" && element.includes("{"));
  return clear ? text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1) : JSON.stringify(payload);
}

function encodePush(message: PushMessage): string | Uint8Array {
  if (typeof message.body !== "string") return encodeBinaryPush(message, message.body);
  return `[${JSON.stringify(message.joinRef)},${JSON.stringify(message.ref)},${JSON.stringify(message.topic)},${JSON.stringify(message.event)},${message.body}]`;
}

function encodeReply(message: ReplyMessage): string | Uint8Array {
  if (typeof message.body !== "string") return encodeBinaryReply(message, message.body);
  return `[${JSON.stringify(message.joinRef)},${JSON.stringify(message.ref)},${JSON.stringify(message.topic)},"phx_reply",{"status":${JSON.stringify(message.status)},"response":${message.body}}]`;
}

function encodeBroadcast(message: BroadcastMessage): string | Uint8Array {
  if (typeof message.body !== "string") return encodeBinaryBroadcast(message, message.body);
  return `[null,null,${JSON.stringify(message.topic)},${JSON.stringify(message.event)},${message.body}]`;
}

export const phoenixV2: PhoenixSerializer = {
  version: "2.0.0",
  decodeText,
  decodeBinary: decodeBinaryPush,
  encodePush,
  encodeReply,
  encodeBroadcast,
};
