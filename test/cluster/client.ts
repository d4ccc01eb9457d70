/** One Phoenix client of a node, and what it has heard. */
import { type Channel, Presence, Socket } from "phoenix";
import { answer, join } from "../channels/harness.ts";

export interface Heard {
  readonly channel: Channel;
  /** Payloads of `said`, as they came. */
  readonly said: readonly Readonly<Record<string, unknown>>[];
  /** Who is present, as the client's Presence class sees it. */
  present(): readonly string[];
  /** Resolves when `holds`. */
  until(holds: () => boolean): Promise<void>;
  push(event: string, payload: object): Promise<Record<string, unknown>>;
}

export class Client implements Disposable {
  readonly socket: Socket;
  readonly #user: string;
  readonly #waiting = new Set<() => void>();

  constructor(url: string, user: string) {
    this.#user = user;
    this.socket = new Socket(`${url.replace("http", "ws")}/socket`, {
      transport: WebSocket,
      params: { user },
      reconnectAfterMs: () => 20,
      rejoinAfterMs: () => 20,
    });
    this.socket.onMessage(() => this.#wake());
    this.socket.onClose(() => this.#wake());
    this.socket.connect();
  }

  async join(topic: string, params: () => object = () => ({ user: this.#user })): Promise<Heard> {
    const channel = this.socket.channel(topic, params);
    const presence = new Presence(channel);
    const said: Record<string, unknown>[] = [];
    channel.on("said", (payload) => void said.push(payload));
    await join(channel);
    return {
      channel,
      said,
      present: () => presence.list((key: string) => key).sort(),
      until: async (holds) => {
        while (!holds()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
      },
      push: async (event, payload) => (await answer(channel.push(event, payload)))[1],
    };
  }

  [Symbol.dispose](): void {
    this.socket.disconnect();
  }

  /** After the handlers of the message have run. */
  #wake(): void {
    setImmediate(() => {
      for (const resolve of this.#waiting) resolve();
      this.#waiting.clear();
    });
  }
}
