/** A client that says numbered lines in a room of its own and hears them back, over a socket that must never close. Plain frames, so that thousands fit. */

type Frame = readonly [joinRef: string | null, ref: string | null, topic: string, event: string, payload: Payload];
interface Payload {
  readonly status?: string;
  readonly response?: Readonly<Record<string, unknown>>;
  readonly n?: number;
  readonly line?: number;
}

export interface Answer {
  readonly status: string;
  readonly response: Readonly<Record<string, unknown>>;
  readonly tookMs: number;
}

export class Chatter {
  /** Numbers of the lines heard, in order. */
  readonly heard: number[] = [];
  /** How long each reply took, ms. */
  readonly tookMs: number[] = [];
  /** Pushes that were answered with an error that asks to try again. */
  retries = 0;
  closed: { readonly code: number; readonly reason: string } | undefined;
  readonly #socket: WebSocket;
  readonly #topic: string;
  readonly #replies = new Map<string, (answer: Answer) => void>();
  #waiting: (() => void) | undefined;
  #lastRef = 0;

  private constructor(socket: WebSocket, room: string) {
    this.#socket = socket;
    this.#topic = `room:${room}`;
    socket.addEventListener("message", ({ data }) => this.#received(JSON.parse(data as string) as Frame));
    socket.addEventListener("close", ({ code, reason }) => {
      this.closed ??= { code, reason };
      this.#waiting?.();
      for (const answer of this.#replies.values()) answer({ status: "closed", response: { code, reason }, tookMs: 0 });
    });
  }

  static async join(url: string, room: string): Promise<Chatter> {
    const socket = new WebSocket(`${url.replace("http", "ws")}/socket/websocket?vsn=2.0.0`);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve, { once: true });
      socket.addEventListener("error", reject, { once: true });
    });
    const chatter = new Chatter(socket, room);
    await chatter.#pushUntilOk("phx_join", {});
    return chatter;
  }

  push(event: string, payload: object): Promise<Answer> {
    const ref = String(++this.#lastRef);
    const startedMs = performance.now();
    return new Promise((resolve) => {
      this.#replies.set(ref, (answer) => resolve({ ...answer, tookMs: performance.now() - startedMs }));
      this.#socket.send(JSON.stringify(["1", ref, this.#topic, event, payload]));
    });
  }

  /** Says line `n` until it is taken, with the same key. Answers the handler's reply. */
  async say(n: number): Promise<Readonly<Record<string, unknown>>> {
    const { response, tookMs } = await this.#pushUntilOk("say", { n });
    this.tookMs.push(tookMs);
    return response;
  }

  /** As a client should: tries again when it is told to. */
  async #pushUntilOk(event: string, payload: object): Promise<Answer> {
    for (;;) {
      const answer = await this.push(event, payload);
      const { status, response } = answer;
      if (status === "ok") return answer;
      if (!response.retry && response.retry_after === undefined)
        throw new Error(`${status} ${JSON.stringify(response)}`);
      this.retries++;
      await Bun.sleep(20); // A client's pause between tries; nothing is asserted on it.
    }
  }

  async hears(count: number): Promise<readonly number[]> {
    while (this.heard.length < count && !this.closed) await new Promise<void>((resolve) => (this.#waiting = resolve));
    return this.heard;
  }

  leave(): void {
    this.#socket.close();
  }

  #received([, ref, , event, payload]: Frame): void {
    if (event === "line") {
      this.heard.push(payload.n as number);
      this.#waiting?.();
      return;
    }
    const answer = ref === null ? undefined : this.#replies.get(ref);
    if (event !== "phx_reply" || !answer) return;
    this.#replies.delete(ref as string);
    answer({ status: payload.status as string, response: payload.response ?? {}, tookMs: 0 });
  }
}

export function numbersTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}

/** The value that `share` (0 to 1) of the others are at most. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
