/**
 * Binary frames of serializer 2.0.0: a kind byte, then all one-byte sizes, then the fields in the same order (UTF-8, at most 255 bytes
 * each), then the payload's bytes to the end.
 *
 * client push `0 | join_ref | ref | topic | event`; server push `0 | join_ref | topic | event` (no ref);
 * reply `1 | join_ref | ref | topic | status`; broadcast `2 | topic | event`. An empty ref stands for none.
 */
import {
  type BroadcastMessage,
  type ClientMessage,
  MalformedFrameError,
  type PhoenixRef,
  type PushMessage,
  type ReplyMessage,
  UnencodableError,
} from "./phoenix-frame.ts";

const KIND_PUSH = 0;
const KIND_REPLY = 1;
const KIND_BROADCAST = 2;
const MAX_FIELD_BYTES = 255;
const CLIENT_PUSH_FIELDS = 4;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes a client's push. @throws MalformedFrameError */
export function decodeBinaryPush(bytes: Uint8Array): ClientMessage {
  if (bytes[0] !== KIND_PUSH) throw new MalformedFrameError("kind byte 0 (push)");
  let offset = 1 + CLIENT_PUSH_FIELDS;
  const field = (index: number): string => {
    const size = bytes[1 + index] ?? 0;
    const end = offset + size;
    if (end > bytes.length) throw new MalformedFrameError("fields as long as their sizes say");
    const text = decodeField(bytes.subarray(offset, end));
    offset = end;
    return text;
  };
  const [joinRef, ref, topic, event] = [field(0), field(1), field(2), field(3)];
  return { joinRef: joinRef || null, ref: ref || null, topic, event, body: bytes.slice(offset) };
}

export function encodeBinaryPush(message: PushMessage, body: Uint8Array): Uint8Array {
  return encodeFrame(KIND_PUSH, [refText(message.joinRef), message.topic, message.event], body);
}

export function encodeBinaryReply(message: ReplyMessage, body: Uint8Array): Uint8Array {
  const fields = [refText(message.joinRef), refText(message.ref), message.topic, message.status];
  return encodeFrame(KIND_REPLY, fields, body);
}

export function encodeBinaryBroadcast(message: BroadcastMessage, body: Uint8Array): Uint8Array {
  return encodeFrame(KIND_BROADCAST, [message.topic, message.event], body);
}

function decodeField(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new MalformedFrameError("fields in UTF-8");
  }
}

function encodeFrame(kind: number, fields: readonly string[], body: Uint8Array): Uint8Array {
  const encoded = fields.map(encodeField);
  const headerBytes = encoded.reduce((sum, field) => sum + 1 + field.length, 1);
  const frame = new Uint8Array(headerBytes + body.length);
  frame[0] = kind;
  let offset = 1 + encoded.length;
  for (const [index, field] of encoded.entries()) {
    frame[1 + index] = field.length;
    frame.set(field, offset);
    offset += field.length;
  }
  frame.set(body, offset);
  return frame;
}

function encodeField(text: string): Uint8Array {
  const bytes = encoder.encode(text);
  if (bytes.length > MAX_FIELD_BYTES) {
    throw new UnencodableError(`a binary frame's fields hold at most ${MAX_FIELD_BYTES} bytes, not ${bytes.length}`);
  }
  return bytes;
}

function refText(ref: PhoenixRef): string {
  return ref === null ? "" : String(ref);
}
