/**
 * A real HTTP server that plays Telegram's Bot API, Messenger's Send API and a plain endpoint, for tests: it records
 * what comes, in order, and misbehaves when told to. Answers have the providers' true shapes (see
 * test/fixtures/providers).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface ReceivedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The header `Idempotency-Key`. */
  readonly idempotencyKey: string | undefined;
  readonly rawBody: string;
  /** The body as JSON; undefined when it is none. */
  readonly body: unknown;
  /** Telegram's `chat_id`, Messenger's `recipient.id`, the plain endpoint's `data.to`; empty when there is none. */
  readonly conversation: string;
  /** Telegram's `text`, Messenger's `message.text`, the plain endpoint's `data.reply.text`; empty when there is none. */
  readonly text: string;
  /** What it was answered with. */
  readonly behaviour: Behaviour;
}

/**
 * - `accept`: 200 in the provider's shape.
 * - `throttle`: 429 with `Retry-After` and Telegram's `parameters.retry_after`.
 * - `fail`: any status, with the given body or the provider's own shape of an error.
 * - `hang`: no answer until the server stops.
 * - `drop`: the connection is cut without an answer.
 */
export type Behaviour =
  | { readonly kind: "accept" }
  | { readonly kind: "throttle"; readonly retryAfterSeconds: number }
  | { readonly kind: "fail"; readonly status: number; readonly message?: string; readonly body?: unknown }
  | { readonly kind: "hang" }
  | { readonly kind: "drop" };

const ACCEPT: Behaviour = { kind: "accept" };

interface Waiter {
  readonly count: number;
  readonly resolve: (requests: readonly ReceivedRequest[]) => void;
}

export class FakeProvider implements AsyncDisposable {
  readonly #server: Server;
  readonly #requests: ReceivedRequest[] = [];
  readonly #next: Behaviour[] = [];
  readonly #waiters = new Set<Waiter>();
  #usual: Behaviour = ACCEPT;
  #messages = 0;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  /** Listens on 127.0.0.1, on a free port unless one is given. */
  static async start(port = 0): Promise<FakeProvider> {
    const provider = new FakeProvider();
    await new Promise<void>((resolve) => provider.#server.listen(port, "127.0.0.1", resolve));
    return provider;
  }

  /** `http://127.0.0.1:port`: the `baseUrl` of a connector, or with any path its `deliverUrl`. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** All requests, in the order in which they came. */
  get requests(): readonly ReceivedRequest[] {
    return this.#requests;
  }

  /** What a provider that honours idempotency keys would show: accepted requests, each key once, where it came first. */
  get deliveries(): readonly ReceivedRequest[] {
    const seen = new Set<string>();
    return this.#requests.filter(({ behaviour, idempotencyKey }) => {
      if (behaviour.kind !== "accept" || (idempotencyKey !== undefined && seen.has(idempotencyKey))) return false;
      if (idempotencyKey !== undefined) seen.add(idempotencyKey);
      return true;
    });
  }

  /** The texts of `deliveries` to one conversation. */
  textsOf(conversation: string): readonly string[] {
    return this.deliveries.filter((request) => request.conversation === conversation).map((request) => request.text);
  }

  /** Resolves once `count` requests in all have come, with all of them. */
  received(count: number): Promise<readonly ReceivedRequest[]> {
    if (this.#requests.length >= count) return Promise.resolve(this.#requests);
    return new Promise((resolve) => this.#waiters.add({ count, resolve }));
  }

  /** What the coming requests are answered with, one each; after them, the usual. */
  next(...behaviours: readonly Behaviour[]): void {
    this.#next.push(...behaviours);
  }

  /** What requests are answered with when nothing else was told. Default: accept. */
  usually(behaviour: Behaviour): void {
    this.#usual = behaviour;
  }

  /** Cuts all connections. Safe twice. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
    const behaviour = this.#next.shift() ?? this.#usual;
    const received = read(request, Buffer.concat(chunks).toString(), behaviour);
    this.#requests.push(received);
    this.#answer(received, request, response);
    for (const waiter of this.#waiters) {
      if (this.#requests.length < waiter.count) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(this.#requests);
    }
  }

  #answer(received: ReceivedRequest, request: IncomingMessage, response: ServerResponse): void {
    const { behaviour } = received;
    switch (behaviour.kind) {
      case "accept":
        return send(response, 200, acceptance(received, ++this.#messages));
      case "throttle": {
        const seconds = behaviour.retryAfterSeconds;
        const description = `Too Many Requests: retry after ${seconds}`;
        const body = { ok: false, error_code: 429, description, parameters: { retry_after: seconds } };
        response.setHeader("retry-after", String(seconds));
        return send(response, 429, body);
      }
      case "fail":
        return send(
          response,
          behaviour.status,
          behaviour.body ?? failure(received, behaviour.status, behaviour.message),
        );
      case "hang":
        return;
      case "drop":
        request.socket.destroy();
    }
  }
}

function read(request: IncomingMessage, rawBody: string, behaviour: Behaviour): ReceivedRequest {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const body = parse(rawBody);
  const { conversation, text } = address(body);
  const { method = "", url = "" } = request;
  return {
    method,
    path: url,
    headers,
    idempotencyKey: headers["idempotency-key"],
    rawBody,
    body,
    conversation,
    text,
    behaviour,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A body of any of the three kinds, as far as it is read. */
interface AnyBody {
  readonly chat_id?: number | string;
  readonly text?: string;
  readonly recipient?: { readonly id?: string };
  readonly message?: { readonly text?: string };
  readonly data?: { readonly to?: string; readonly reply?: { readonly text?: string } };
}

function address(body: unknown): { readonly conversation: string; readonly text: string } {
  const { chat_id, text, recipient, message, data } = (body ?? {}) as AnyBody;
  return {
    conversation: String(chat_id ?? recipient?.id ?? data?.to ?? ""),
    text: text ?? message?.text ?? data?.reply?.text ?? "",
  };
}

function isTelegram(path: string): boolean {
  return /^\/bot[^/]+\//.test(path);
}

function isMessenger(path: string): boolean {
  return /^\/v\d+\.\d+\/me\/messages/.test(path);
}

/** Telegram's Message, the Send API's ids, or an empty object. */
function acceptance({ path, conversation, text }: ReceivedRequest, count: number): unknown {
  if (isTelegram(path)) {
    const chat = { id: Number(conversation), type: "private" };
    return { ok: true, result: { message_id: count, date: 1_441_645_532, chat, text } };
  }
  return isMessenger(path) ? { recipient_id: conversation, message_id: `m_${count}` } : {};
}

function failure({ path }: ReceivedRequest, status: number, message = `made to fail with ${status}`): unknown {
  if (isTelegram(path)) return { ok: false, error_code: status, description: message };
  return { error: { message, type: "OAuthException", code: status === 401 ? 190 : 100, fbtrace_id: "BLBz/WZt8dN" } };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
