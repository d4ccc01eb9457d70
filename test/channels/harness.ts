/** One gateway with its workers in one process, behind a real `Bun.serve`, for the real Phoenix clients. */

import { type Channel, type Push, Socket, type SocketOptions } from "phoenix";
import { type ChannelSocketData, createChannelServer } from "../../src/adapters/bun/channel-server.ts";
import {
  type BroadcastCommand,
  Broadcaster,
  type ChannelBackend,
  type ChannelDefinition,
  ChannelGateway,
  type ChannelGatewayOptions,
  ChannelHost,
  type ChannelLimits,
  type HistoryStore,
  manifestOf,
  type OriginPolicy,
  type SocketDefinition,
  WorkerGoneError,
} from "../../src/channels/index.ts";
import { type Clock, Events, systemClock } from "../../src/core/index.ts";

export interface HarnessOptions {
  readonly channels: readonly ChannelDefinition[];
  readonly socket?: SocketDefinition;
  readonly limits?: Partial<ChannelLimits>;
  readonly store?: HistoryStore;
  readonly clock?: Clock;
  readonly origin?: OriginPolicy;
  /** Stands between what is durable and the gateway: may lose, repeat and reorder. */
  readonly deliver?: (through: (broadcast: BroadcastCommand) => void) => (broadcast: BroadcastCommand) => void;
}

/** Workers in the same process, by name. One can be killed with its requests in hand, or hand over to the next. */
export class LocalBackend implements ChannelBackend {
  readonly #make: () => ChannelHost;
  readonly #hosts = new Map<string, ChannelHost>();
  readonly #pending = new Set<(error: Error) => void>();
  #number = 0;
  #newest: string | undefined;

  constructor(make: () => ChannelHost) {
    this.#make = make;
    this.startWorker();
  }

  get host(): ChannelHost {
    const host = this.#hosts.get(this.#newest ?? "");
    if (!host) throw new Error("no worker is up");
    return host;
  }

  /** The next messages go to a new worker; older ones answer what they have in hand. */
  startWorker(): void {
    this.#newest = `worker-${++this.#number}`;
    this.#hosts.set(this.#newest, this.#make());
  }

  /** As a power cut would: nothing that any worker had in hand is answered. */
  killWorker(): void {
    this.#newest = undefined;
    this.#loseAll();
  }

  /** The next one is up before the end of the others is known. */
  replaceWorker(): void {
    const next = `worker-${++this.#number}`;
    this.#newest = next;
    this.#loseAll();
    this.#hosts.set(next, this.#make());
  }

  workerFor(): string | undefined {
    return this.#newest;
  }

  request: ChannelBackend["request"] = (worker, request) => {
    const host = this.#hosts.get(worker);
    if (!host) return Promise.reject(new WorkerGoneError());
    return new Promise((resolve, reject) => {
      this.#pending.add(reject);
      host
        .request(structuredClone(request))
        .then((response) => {
          if (this.#pending.delete(reject)) resolve(structuredClone(response));
        })
        .catch(reject);
    });
  };

  notify: ChannelBackend["notify"] = (worker, notice) => {
    this.#hosts.get(worker)?.notify(structuredClone(notice));
  };

  #loseAll(): void {
    this.#hosts.clear();
    const lost = [...this.#pending];
    this.#pending.clear();
    for (const reject of lost) reject(new WorkerGoneError());
  }
}

export interface Harness extends AsyncDisposable {
  readonly gateway: ChannelGateway;
  readonly backend: LocalBackend;
  readonly broadcaster: Broadcaster;
  readonly events: Events;
  readonly url: string;
  readonly port: number;
  /** A connected-to-be client of the installed `phoenix`; disconnected with the harness. */
  client(options?: SocketOptions, Class?: typeof Socket): Socket;
}

let gateways = 0;

export function startHarness(options: HarnessOptions): Harness {
  const events = new Events();
  const clock = options.clock ?? systemClock;
  const clients: Socket[] = [];
  const backend = new LocalBackend(
    () =>
      new ChannelHost({
        channels: options.channels,
        ...(options.socket ? { socket: options.socket } : {}),
        events,
        ports: {
          command: (command) => gateway.handle(structuredClone(command)),
          broadcast: (broadcast) => broadcaster.broadcast(structuredClone(broadcast)),
          presences: async (_channel, topic) => structuredClone(gateway.presence.list(topic)),
          send: () => Promise.reject(new Error("this harness has no actors")),
        },
      }),
  );
  const manifest = manifestOf(options.channels, options.socket);
  const broadcaster = new Broadcaster({
    manifest,
    clock,
    events,
    deliver: (broadcast) => deliver(structuredClone(broadcast)),
    ...(options.store ? { store: options.store } : {}),
  });
  const deliver =
    options.deliver?.((broadcast) => gateway.deliverBroadcast(broadcast)) ?? ((b) => gateway.deliverBroadcast(b));
  const gatewayOptions: ChannelGatewayOptions = {
    gatewayId: `g${++gateways}`,
    manifest,
    backend,
    clock,
    events,
    ...(options.store ? { store: options.store } : {}),
    ...(options.limits ? { limits: options.limits } : {}),
  };
  const gateway = new ChannelGateway(gatewayOptions);
  const channels = createChannelServer({
    gateway,
    ...(options.origin === undefined ? {} : { origin: options.origin }),
  });
  const server = Bun.serve<ChannelSocketData>({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request, server) => channels.fetch(request, server),
    websocket: channels.websocket,
  });
  return {
    gateway,
    backend,
    broadcaster,
    events,
    port: server.port as number,
    url: `ws://127.0.0.1:${server.port}/socket`,
    client(socketOptions = {}, Class = Socket) {
      const client = new Class(`ws://127.0.0.1:${server.port}/socket`, {
        transport: WebSocket,
        reconnectAfterMs: () => 10,
        rejoinAfterMs: () => 10,
        ...socketOptions,
      });
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.disconnect();
      await server.stop(true);
    },
  };
}

/** What the push is answered with. */
export function answer(push: Push): Promise<[status: string, response: Record<string, unknown>]> {
  return new Promise((resolve) => {
    for (const status of ["ok", "error", "timeout"]) push.receive(status, (response) => resolve([status, response]));
  });
}

/** Joins, and gives what the join was answered with. */
export async function join(channel: Channel): Promise<Record<string, unknown>> {
  const [status, response] = await answer(channel.join());
  if (status !== "ok") throw new Error(`join of ${channel.topic}: ${status} ${JSON.stringify(response)}`);
  return response;
}

/** Everything the client is told, from now on. */
export interface Transcript {
  readonly messages: readonly { readonly topic: string; readonly event: string; readonly payload: unknown }[];
  /** Resolves when `enough` says so of the messages so far. */
  until(enough: (events: readonly string[]) => boolean): Promise<void>;
}

export function transcript(socket: Socket): Transcript {
  const messages: { topic: string; event: string; payload: unknown }[] = [];
  const waiting = new Set<() => void>();
  socket.onMessage((message) => {
    messages.push(message);
    for (const check of waiting) check();
  });
  return {
    messages,
    until: (enough) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!enough(messages.map(({ event }) => event))) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
  };
}

/** The next payload of `event`. */
export function next(of: Channel, event: string): Promise<Record<string, unknown>> {
  return new Promise((resolve) => of.on(event, (payload: Record<string, unknown>) => resolve(payload)));
}
