/**
 * A gateway: takes what comes from outside, makes it durable, and carries what is live between sockets and workers. No user code runs in it.
 *
 * States: linked (workers may connect; nothing from outside gets in) → open (the app's manifest is known, HTTP and sockets are served) →
 * closed. Nothing here survives a crash, nor needs to: what was acknowledged is in the store.
 */
import {
  bunHmac,
  type ChannelServer,
  createChannelServer,
  type LinkServer,
  listenLink,
} from "../../adapters/bun/index.ts";
import type { AppManifest } from "../../app/index.ts";
import { ChannelGateway, type ChannelManifest, type HostCommand } from "../../channels/index.ts";
import { createDoor } from "../../connectors/index.ts";
import { type Clock, type Events, toError } from "../../core/index.ts";
import type { AskReply } from "../../lanes/index.ts";
import { Appender, GapWatch } from "../../log/index.ts";
import type { PubSub } from "../../pubsub/index.ts";
import type { Shard, Store } from "../../store/index.ts";
import { GatewayCluster } from "../cluster/gateway-cluster.ts";
import type { NodeLink } from "../cluster/node-link.ts";
import { collectFlowSteps } from "../flow-steps.ts";
import { Tracer } from "../observe/tracer.ts";
import { createWebhookTracing } from "../observe/webhook-tracing.ts";
import { VERSION } from "../version.ts";
import { createChannelBackend } from "./channel-backend.ts";
import { withOverlay } from "./dev-overlay.ts";
import { createHealth, type Readiness } from "./health.ts";
import { refuse } from "./http-answer.ts";
import { createHttpApi } from "./http-api.ts";
import { type HttpDoor, type HttpServer, serveHttp } from "./http-server.ts";
import { ASSET_PATH, buildPages, type Pages } from "./pages.ts";
import { carryRoute } from "./routes.ts";
import { SYSTEM_CHANNELS, SystemTopics } from "./system-topics.ts";
import { createWebhooks } from "./webhooks.ts";
import { type WorkerLinkHandlers, WorkerLinks } from "./worker-links.ts";

/** The other gateways, of this node and of others. */
export interface GatewaySurroundings {
  /** This gateway's part in what they say to each other. */
  member(): PubSub;
  /** What leaves the node through this gateway; undefined: nothing does. */
  readonly outward: Pick<NodeLink, "broadcast" | "disconnect" | "grown" | "askReply"> | undefined;
}

export interface GatewayOptions {
  /** Unique among all gateways, also after a restart. No `.` in it. */
  readonly gatewayId: string;
  readonly host: string;
  readonly port: number;
  /** The Unix socket for the workers. */
  readonly socketPath: string;
  readonly pagesFolder: string;
  /** Started. */
  readonly store: Store;
  readonly clock: Clock;
  readonly events: Events;
  /** For development: system topics are open, and pages show why new code did not load. */
  readonly dev: boolean;
  /** Bearer token of the HTTP API; undefined: the API is off. */
  readonly apiToken: string | undefined;
  /** What the supervisor wants to hear of workers. */
  readonly workers: Pick<WorkerLinkHandlers, "loaded" | "loadFailed" | "gone" | "heartbeat" | "events" | "serving">;
  /** The workers as people see them, for the topic `godwit:node`. */
  readonly nodeState: () => readonly object[];
  /** Doors of the node itself, asked before the app's own pages and routes. */
  readonly doors: readonly HttpDoor[];
  /** Sockets of the node itself, beside the app's. */
  readonly sockets?: readonly ChannelServer[];
  /** Undefined: it is the only one. */
  readonly surroundings?: GatewaySurroundings | undefined;
  /** Several gateways of this node listen on the port. */
  readonly sharesPort?: boolean;
  /** The node's first gateway looks after its messages and workers; others only carry. Default true. */
  readonly first?: boolean;
}

/** Sockets are closed within this part of a stop's deadline. */
const DRAIN_SHARE = 3;
/** Requests are waited for so long of a stop's deadline: what was cut is to be told before all is over. */
const REQUEST_SHARE = 0.9;

/** An app as a gateway serves it. */
export interface ReadyApp {
  readonly manifest: AppManifest;
  readonly pages: Pages;
}

export class Gateway {
  readonly links: WorkerLinks;
  readonly topics: SystemTopics;
  readonly #options: GatewayOptions;
  readonly appender: Appender;
  readonly #gaps: GapWatch;
  readonly #flow: ReturnType<typeof collectFlowSteps>;
  #linkServer: LinkServer | undefined;
  #channels: ChannelGateway | undefined;
  #cluster: GatewayCluster | undefined;
  #http: HttpServer | undefined;
  #app: ReadyApp | undefined;
  #doors: readonly HttpDoor[] = [];
  readonly #tracer: Tracer | undefined;
  #draining = false;
  #cutRequests = 0;

  constructor(options: GatewayOptions) {
    const { store, clock, events } = options;
    this.#options = options;
    const instance = options.gatewayId;
    this.#tracer = Tracer.fromEnvironment({ service: "godwit", version: VERSION, instance }, clock);
    this.links = new WorkerLinks(this.#handlers(), events, options);
    const onGrown = (shards: readonly Shard[]) => this.#grown(shards);
    this.appender = new Appender({ store, clock, events, onGrown });
    this.#gaps = new GapWatch({ store, clock, events, onGrown });
    this.topics = new SystemTopics({
      open: () => options.dev || (this.#app?.manifest.inspect ?? false),
      nodeState: options.nodeState,
      onWatch: (keys) => this.#watch(keys),
    });
    this.#flow = collectFlowSteps(events, undefined, (step) => this.topics.flow(step, step));
  }

  get url(): string | undefined {
    return this.#http?.url;
  }

  /** What it serves; undefined until it is open. */
  get manifest(): AppManifest | undefined {
    return this.#app?.manifest;
  }

  /** The app's sockets; undefined until it is open. */
  get channels(): ChannelGateway | undefined {
    return this.#channels;
  }

  /** Workers may connect. */
  link(): void {
    const { socketPath, clock } = this.#options;
    this.#linkServer = listenLink(socketPath, clock, (link) => this.links.accept(link));
    if (this.#options.first ?? true) this.#gaps.start();
  }

  /** The outside may come in. @throws ConfigError when a page does not build or the address cannot be listened on. */
  async open(manifest: AppManifest): Promise<void> {
    const { clock, events, host, port, sharesPort = false, first = true } = this.#options;
    this.adopt(await this.prepare(manifest));
    const channels = [await this.#serveChannels(manifest), ...(this.#options.sockets ?? [])] as const;
    const doors = () => this.#doors;
    const parts = {
      events,
      channels,
      get doors() {
        return doors();
      },
    };
    this.#http = serveHttp({ host, port, sharesPort, claimsPort: first }, parts, clock);
  }

  /** Makes an app ready to be adopted, and changes nothing. @throws ConfigError when a page does not build. */
  async prepare(manifest: AppManifest): Promise<ReadyApp> {
    return { manifest, pages: await buildPages(manifest.pages, this.#options.pagesFolder) };
  }

  /** Serves this app from now on: its webhooks, pages, routes and channels, in one step. What sockets have joined goes on. */
  adopt(app: ReadyApp): void {
    const earlier = this.#app?.pages;
    this.#app = app;
    this.#doors = this.#createDoors(app, earlier);
    this.#channels?.replaceManifest(channelsOf(app.manifest));
  }

  /**
   * Lets nobody in any more, answers what is in hand within `deadlineMs`, and meanwhile closes the sockets in a spread, so that their clients do
   * not all come back at once. Safe twice, and before `open`.
   */
  async close(deadlineMs: number): Promise<void> {
    this.#draining = true;
    this.#http?.stopListening();
    const settled = this.#http?.settled(deadlineMs * REQUEST_SHARE);
    await Promise.all([settled, this.#channels?.drain(deadlineMs / DRAIN_SHARE)]);
    this.#cutRequests = (await settled) ?? 0;
    if (this.#cutRequests > 0) this.#options.events.emit("shutdown.cut", { requests: this.#cutRequests });
    this.#cluster?.stop();
    await this.#http?.close();
  }

  /** Answers an HTTP request that came to another gateway of this node, as if it had come here. */
  async answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    for (const door of this.#doors) {
      const response = door(request, pathname, "");
      if (response) return response;
    }
    return refuse(404, "not_found", `nothing lies at ${pathname}`);
  }

  /** A gateway of this node has died without a word: the others learn of it at once. */
  buryGateway(gatewayId: string): void {
    this.#cluster?.bury(gatewayId);
  }

  /** What a stop waits for, or has cut, as a person would say it. */
  get unfinished(): readonly string[] {
    const requests = Math.max(this.#cutRequests, this.#http?.pending ?? 0);
    const sockets = this.#channels?.connections ?? 0;
    return [
      ...(requests > 0 ? [`${requests} HTTP request${requests > 1 ? "s" : ""}`] : []),
      ...(sockets > 0 ? [`${sockets} socket${sockets > 1 ? "s" : ""}`] : []),
    ];
  }

  /** The last of it: no worker is left. Safe twice. */
  async unlink(): Promise<void> {
    await this.#gaps.stop();
    await this.appender.stop();
    this.#linkServer?.stop();
  }

  async #serveChannels(manifest: AppManifest): Promise<ChannelServer> {
    const { gatewayId, store, clock, events, surroundings } = this.#options;
    const cluster = surroundings && new GatewayCluster({ pubsub: surroundings.member(), clock, events });
    const gateway = new ChannelGateway({
      gatewayId,
      manifest: channelsOf(manifest),
      backend: this.topics.wrap(createChannelBackend(this.links)),
      store,
      clock,
      events,
      ...(cluster && { cluster }),
    });
    await cluster?.start(gateway);
    this.#cluster = cluster;
    this.#channels = gateway;
    this.topics.serve(gateway);
    return createChannelServer({ gateway });
  }

  /** Pages that are open still ask for the scripts and styles of the `earlier` ones. */
  #createDoors({ manifest, pages }: ReadyApp, earlier: Pages | undefined): readonly HttpDoor[] {
    const { store, clock, events } = this.#options;
    const doors = manifest.connectors.map((connector) => createDoor(connector, { createHmac: bunHmac, clock }));
    const tracing = this.#tracer && { tracing: createWebhookTracing(this.#tracer, clock) };
    const { appender } = this;
    const webhooks = createWebhooks(doors, { appender, shardCount: store.shardCount, events, ...tracing });
    const health = createHealth(() => this.#readiness());
    const served: HttpDoor = (request, pathname) => pages.respond(request.method, pathname);
    return [
      (request, pathname) => webhooks.respond(request, pathname),
      (_request, pathname) => health(pathname),
      ...this.#options.doors,
      createHttpApi(this.#options.apiToken, this.links),
      this.#options.dev ? withOverlay(served) : served,
      ({ method }, pathname) => (pathname.startsWith(ASSET_PATH) ? earlier?.respond(method, pathname) : undefined),
      (request, _pathname, peer) => (manifest.hasRoutes ? carryRoute(request, peer, this.links) : undefined),
    ];
  }

  #readiness(): Readiness {
    const reasons: string[] = [];
    if (this.#draining) reasons.push("the node is stopping");
    if (this.links.ready.length === 0) reasons.push("no worker is ready");
    return { ready: reasons.length === 0, reasons };
  }

  #grown(shards: readonly Shard[]): void {
    this.links.notifyAll("wake", shards);
    this.#options.surroundings?.outward?.grown(shards);
  }

  #answered(reply: AskReply): void {
    const worker = this.links.byMember(reply.process);
    if (worker) this.links.notify(worker, "ask-reply", reply);
    else this.#options.surroundings?.outward?.askReply(reply);
  }

  /** What a worker wants done at sockets: at those of this gateway, and of other nodes. */
  #command(command: HostCommand): void {
    this.#channels?.handle(command);
    const outward = this.#options.surroundings?.outward;
    if (command.kind === "broadcast") outward?.broadcast(command);
    else if (command.kind === "disconnect") outward?.disconnect(command);
  }

  /** A worker may have died between its commit and the word of it: what its broadcasts were, the history knows. */
  #catchUp(): void {
    this.#cluster?.askToCatchUp();
    this.#channels?.catchUp().catch((thrown) => {
      this.#options.events.emit("error.caught", { stage: "channel history", error: toError(thrown) });
    });
  }

  #watch(keys: readonly string[]): void {
    this.#flow.watch(keys);
    this.links.notifyAll("watch", keys);
  }

  #handlers(): WorkerLinkHandlers {
    const { workers } = this.#options;
    return {
      ...workers,
      loaded: (worker, manifest) => {
        this.links.notify(worker, "watch", this.topics.watchedKeys);
        workers.loaded(worker, manifest);
      },
      gone: (worker) => {
        workers.gone(worker);
        this.#catchUp();
      },
      presences: (topic) => this.#channels?.presence.list(topic) ?? {},
      grown: (shards) => this.#grown(shards),
      askReply: (reply) => this.#answered(reply),
      flow: (steps) => {
        for (const step of steps) this.topics.flow(step, step);
      },
      channelCommand: (_worker, command) => this.#command(command),
    };
  }
}

/** The app's channels, and before them the node's own topics. */
function channelsOf({ channels }: AppManifest): ChannelManifest {
  return { ...channels, channels: [SYSTEM_CHANNELS, ...channels.channels] };
}
