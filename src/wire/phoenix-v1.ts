/**
 * Serializer 1.0.0, for clients that send no `vsn`: object frames `{topic, event, payload, ref}`. It has no form for payloads of bytes.
 * Clients of this version send no join ref (a later few send `join_ref`); their messages are taken for the topic's current join.
 */
import {
  type BroadcastMessage,
  type ClientMessage,
  MalformedFrameError,
  type PhoenixBody,
  type PhoenixSerializer,
  type PushMessage,
  type ReplyMessage,
  UnencodableError,
} from "./phoenix-frame.ts";
import { isObject, objectField, parseJson, refField, textField } from "./phoenix-json.ts";

function decodeText(text: string): ClientMessage {
  const frame = parseJson(text);
  if (!isObject(frame)) throw new MalformedFrameError("{topic, event, payload, ref}");
  return {
    joinRef: refField(frame.join_ref, "join_ref"),
    ref: refField(frame.ref, "ref"),
    topic: textField(frame.topic, "topic"),
    event: textField(frame.event, "event"),
    body: JSON.stringify(objectField(frame.payload)),
  };
}

function decodeBinary(): never {
  throw new MalformedFrameError("a text frame: version 1.0.0 has no binary ones");
}

function encodePush(message: PushMessage): string {
  return objectFrame(message.topic, message.event, textBody(message.body), JSON.stringify(message.ref));
}

function encodeReply(message: ReplyMessage): string {
  const payload = `{"status":${JSON.stringify(message.status)},"response":${textBody(message.body)}}`;
  return objectFrame(message.topic, "phx_reply", payload, JSON.stringify(message.ref));
}

function encodeBroadcast(message: BroadcastMessage): string {
  return objectFrame(message.topic, message.event, textBody(message.body), "null");
}

function objectFrame(topic: string, event: string, payload: string, ref: string): string {
  return `{"topic":${JSON.stringify(topic)},"event":${JSON.stringify(event)},"payload":${payload},"ref":${ref}}`;
}

function textBody(body: PhoenixBody): string {
  if (typeof body === "string") return body;
  throw new UnencodableError("a payload of bytes needs a client of protocol version 2.0.0");
}

export const phoenixV1: PhoenixSerializer = {
  version: "1.0.0",
  decodeText,
  decodeBinary,
  encodePush,
  encodeReply,
  encodeBroadcast,
};
