import { type PhoenixBody, type PhoenixSerializer, UnencodableError } from "../../wire/index.ts";

/** A broadcast, encoded once for each protocol version that its subscribers speak. */
export class EncodedBroadcast {
  readonly topic: string;
  readonly event: string;
  readonly body: PhoenixBody;
  #v1: string | Uint8Array | null = null;
  #v2: string | Uint8Array | null = null;

  constructor(topic: string, event: string, body: PhoenixBody) {
    this.topic = topic;
    this.event = event;
    this.body = body;
  }

  /** The frame, or null where that version cannot carry it. */
  frame(serializer: PhoenixSerializer): string | Uint8Array | null {
    if (serializer.version === "2.0.0") {
      this.#v2 ??= this.#encode(serializer);
      return this.#v2;
    }
    this.#v1 ??= this.#encode(serializer);
    return this.#v1;
  }

  #encode(serializer: PhoenixSerializer): string | Uint8Array | null {
    try {
      return serializer.encodeBroadcast(this);
    } catch (thrown) {
      if (thrown instanceof UnencodableError) return null;
      throw thrown;
    }
  }
}
