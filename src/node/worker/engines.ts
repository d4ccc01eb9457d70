/** What runs in a worker, put together: lanes (actors, deliveries), channels, routes, and the services that they share. */
import { type ActorServices, Asker, toLaneTarget } from "../../actors/index.ts";
import { bunHmac, FlightRecorder } from "../../adapters/bun/index.ts";
import type { App } from "../../app/index.ts";
import { Broadcaster, ChannelHost, entryFor, type HostRequest, manifestOf } from "../../channels/index.ts";
import { deliveryTarget } from "../../connectors/index.ts";
import { type Clock, type Events, InvalidInputError } from "../../core/index.ts";
import { type CommittedBroadcast, LaneRuntime, type LaneTarget } from "../../lanes/index.ts";
import { Appender } from "../../log/index.ts";
import type { Store } from "../../store/index.ts";
import type { ApiCall, RouteRequest, TakeRequest } from "../link-protocol.ts";
import type { WorkerBoot } from "../worker-boot.ts";
import { callApi } from "./api-calls.ts";
import { createAppServices, createHostPorts, type ServiceParts } from "./app-services.ts";
import { channelReplies } from "./channel-replies.ts";
import type { GatewayLinks } from "./gateway-links.ts";
import { handleRoute } from "./route-host.ts";

export interface EngineOptions {
  readonly boot: WorkerBoot;
  readonly app: App;
  /** Started. */
  readonly store: Store;
  readonly events: Events;
  readonly gateways: GatewayLinks;
  readonly clock: Clock;
  readonly codeVersion: string;
}

export interface Engines {
  readonly lanes: LaneRuntime;
  readonly asker: Asker;
  readonly channels: ChannelHost;
  /** Answers a gateway's request. */
  answer(kind: string, data: unknown): Promise<unknown>;
  /** Takes no message any more, finishes what is in hand within `deadlineMs`, waits for `requests` (to be bounded by its caller), then closes the store. */
  drain(deadlineMs: number, requests: Promise<unknown>): Promise<void>;
}

export async function startEngines(options: EngineOptions): Promise<Engines> {
  const { boot, app, store, events, gateways } = options;
  const parts = serviceParts(options);
  const channels = new ChannelHost({
    channels: app.channels,
    ...(app.socket && { socket: app.socket }),
    ports: createHostPorts(parts),
    events,
  });
  const services = createAppServices(parts);
  const routes = typeof app.http === "function" ? app.http(services) : app.http;
  const lanes = createLanes(options, parts);
  if (!boot.standby) await lanes.start();
  return {
    lanes,
    channels,
    asker: parts.asker,
    answer: async (kind, data) => {
      if (kind === "channel") return channels.request(data as HostRequest);
      if (kind === "api") return callApi(services, data as ApiCall);
      if (kind === "take") return lanes.start((data as TakeRequest).scope).then(() => gateways.serves());
      if (kind === "ping") return null;
      if (kind === "route" && routes) return handleRoute(routes, data as RouteRequest);
      throw new InvalidInputError("link request", "one that this worker can answer", kind);
    },
    drain: async (deadlineMs, requests) => {
      await Promise.all([lanes.drain(deadlineMs), requests]);
      await parts.appender.stop();
      await store.stop();
    },
  };
}

function serviceParts({ boot, app, store, events, gateways, clock }: EngineOptions): ServiceParts {
  const manifest = manifestOf(app.channels, app.socket);
  const appender = new Appender({ store, clock, events, onGrown: (shards) => gateways.notify("grown", shards) });
  const asker = new Asker({
    process: boot.memberId,
    clock,
    events,
    shardCount: store.shardCount,
    actor: (name) => app.actors.find((actor) => actor.name === name),
    append: (requests) => appender.append(requests),
  });
  return {
    app,
    shardCount: store.shardCount,
    appender,
    asker,
    broadcaster: new Broadcaster({
      manifest,
      store,
      clock,
      events,
      deliver: (broadcast) => gateways.command(broadcast),
    }),
    gateways,
    keepsHistory: (topic) => (entryFor(manifest, topic)?.history ?? null) !== null,
  };
}

function createLanes(options: EngineOptions, parts: ServiceParts): LaneRuntime {
  const { boot, store, clock, events, gateways, codeVersion } = options;
  // This worker's part of the conversations, over all nodes: what it may use of a connector's rate limit.
  const rateShare = () => Math.max(lanes.statistics().shards, 1) / store.shardCount;
  const lanes: LaneRuntime = new LaneRuntime({
    store,
    clock,
    events,
    member: { memberId: boot.memberId, node: boot.nodeName },
    codeVersion,
    targets: laneTargets(options, parts, rateShare),
    recorder: new FlightRecorder(boot.flight),
    onCommitted: {
      grown: (shards) => gateways.notify("grown", shards),
      broadcasts: (broadcasts) => announce(broadcasts, parts),
      replies: (replies) => {
        for (const reply of replies) {
          if (reply.process === boot.memberId) parts.asker.answered(reply);
          else gateways.notify("ask-reply", reply);
        }
      },
    },
  });
  return lanes;
}

/** What a commit has broadcast: each topic's in order. */
function announce(broadcasts: readonly CommittedBroadcast[], { broadcaster, gateways }: ServiceParts): void {
  for (const { topic, event, payload, seq } of broadcasts) {
    const outgoing = { topic, event, body: payload };
    if (seq === undefined) gateways.command({ kind: "broadcast", ...outgoing });
    else broadcaster.committed(outgoing, seq);
  }
}

function laneTargets(
  { app, store, clock, events }: EngineOptions,
  parts: ServiceParts,
  rateShare: () => number,
): readonly LaneTarget[] {
  const services: ActorServices = {
    shardCount: store.shardCount,
    events,
    wallMs: () => clock.wallMs(),
    keepsHistory: parts.keepsHistory,
    actor: (name) => app.actors.find((actor) => actor.name === name),
    ask: (actor, key, message, ask) => parts.asker.ask(actor, key, message, ask),
    query: (statement) => store.query(statement),
  };
  return [
    ...app.actors.map((actor) => toLaneTarget(actor, services)),
    ...app.connectors.map((connector) =>
      deliveryTarget(connector, { clock, events, createHmac: bunHmac, rateShare, storeId: store.storeId }),
    ),
    channelReplies(parts.keepsHistory),
  ];
}
