/**
 * A WebSocket client that does as little as possible: it counts frames by their headers and never decodes one after its join. So it is the same for every
 * server, and what it costs is small beside what it measures.
 *
 * States: connecting → upgrading → joining → joined → closed.
 */
import type { Socket } from "bun";
import type { Dialect } from "./dialect.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const EMPTY: Bytes = new Uint8Array(0);

/** A text frame as a client sends it. The mask is all zeros, which is valid and costs nothing. */
export function textFrame(text: string): Bytes {
  const payload = Buffer.from(text);
  const head =
    payload.length < 126
      ? [0x81, 0x80 | payload.length]
      : [0x81, 0x80 | 126, payload.length >> 8, payload.length & 255];
  return new Uint8Array(Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]));
}

export class RawSocket {
  readonly #dialect: Dialect;
  readonly #topic: string;
  readonly #joined: PromiseWithResolvers<void> = Promise.withResolvers<void>();
  #socket: Socket | undefined;
  #upgraded = false;
  #isJoined = false;
  /** The beginning of a frame that has not come whole: a few bytes once joined, the whole frame before. */
  #rest: Bytes = EMPTY;
  /** Payload bytes that are still to come and of no interest. */
  #skip = 0;
  /** Called for each frame once joined, with the first two bytes of its text. */
  onFrame: (first: number, second: number) => void = () => {};

  private constructor(dialect: Dialect, topic: string) {
    this.#dialect = dialect;
    this.#topic = topic;
  }

  /** Connects and joins. @throws when the server refuses either. */
  static async join(hostname: string, port: number, dialect: Dialect, topic: string): Promise<RawSocket> {
    const raw = new RawSocket(dialect, topic);
    const closed = (): void => raw.#joined.reject(new Error("the server closed the connection"));
    raw.#socket = await Bun.connect({
      hostname,
      port,
      socket: {
        data: (_socket, chunk) => raw.#take(chunk as Bytes),
        close: closed,
      },
    });
    const head = [
      `GET ${dialect.path} HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${btoa("godwit-benchmark")}`,
    ];
    raw.#socket.write(`${head.join("\r\n")}\r\n\r\n`);
    await raw.#joined.promise;
    return raw;
  }

  send(frame: Bytes): void {
    const written = this.#socket?.write(frame) ?? 0;
    if (written !== frame.length) throw new Error("the server does not read");
  }

  #take(chunk: Bytes): void {
    try {
      if (this.#isJoined) this.#count(chunk);
      else this.#prepare(chunk);
    } catch (thrown) {
      this.#joined.reject(thrown);
    }
  }

  #prepare(chunk: Bytes): void {
    this.#rest = concat(this.#rest, chunk);
    if (!this.#upgraded) {
      const text = Buffer.from(this.#rest).toString("latin1");
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      if (!text.startsWith("HTTP/1.1 101")) throw new Error(`no upgrade: ${text.slice(0, 100)}`);
      this.#upgraded = true;
      this.#rest = this.#rest.slice(end + 4);
      if (this.#dialect.hello !== undefined) this.send(textFrame(this.#dialect.hello));
    }
    while (!this.#isJoined && this.#answerFrame()) {}
  }

  /** Answers one whole frame of the join, if there is one. */
  #answerFrame(): boolean {
    const header = headerOf(this.#rest, 0);
    if (!header || this.#rest.length < header.start + header.length) return false;
    const text = Buffer.from(this.#rest.subarray(header.start, header.start + header.length)).toString();
    this.#rest = this.#rest.slice(header.start + header.length);
    const answer = this.#dialect.answer(text, this.#topic);
    if (answer !== "") this.send(textFrame(answer));
    else {
      this.#isJoined = true;
      this.#joined.resolve();
    }
    return true;
  }

  #count(received: Bytes): void {
    const chunk = this.#rest.length === 0 ? received : concat(this.#rest, received);
    this.#rest = EMPTY;
    let at = Math.min(this.#skip, chunk.length);
    this.#skip -= at;
    while (at < chunk.length) {
      const header = headerOf(chunk, at);
      if (!header || chunk.length < header.start + Math.min(2, header.length)) {
        this.#rest = chunk.slice(at);
        return;
      }
      const { start, length } = header;
      this.#frame(chunk[start] ?? 0, chunk[start + 1] ?? 0);
      at = Math.min(chunk.length, start + length);
      this.#skip = start + length - at;
    }
  }

  #frame(first: number, second: number): void {
    const { ping } = this.#dialect;
    if (ping && first === ping.first) this.send(textFrame(ping.answer));
    else this.onFrame(first, second);
  }
}

/** Where the payload of the frame at `at` begins, and how long it is; undefined when the header has not come whole. */
function headerOf(bytes: Bytes, at: number): { readonly start: number; readonly length: number } | undefined {
  const short = (bytes[at + 1] ?? 0) & 0x7f;
  const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
  if (bytes.length < start) return undefined;
  if (short < 126) return { start, length: short };
  const view = new DataView(bytes.buffer, bytes.byteOffset + at + 2);
  return { start, length: short === 126 ? view.getUint16(0) : Number(view.getBigUint64(0)) };
}

function concat(a: Bytes, b: Bytes): Bytes {
  if (a.length === 0) return b.slice();
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
