/**
 * A gateway beside the node's first, in a process of its own on the same port: more sockets than one process holds, on more cores.
 *
 * States: linked to the first gateway (the hub) → open (a worker has told what the app is) → draining → gone. No user code runs in it. It dies with
 * the hub's link, for then the node is gone. Nothing in it survives: its clients come back, to whichever gateway takes them, and resume.
 */
import { connectLink } from "../../adapters/bun/index.ts";
import { endWithParent } from "../../adapters/process/index.ts";
import type { AppManifest } from "../../app/index.ts";
import { Events, SECOND, sleep, systemClock, toError } from "../../core/index.ts";
import type { Link } from "../../wire/index.ts";
import { LinkPubSub } from "../cluster/link-pubsub.ts";
import { NodeLink } from "../cluster/node-link.ts";
import { forwardEvents } from "../event-forwarding.ts";
import type { RouteResponse } from "../link-protocol.ts";
import { type GatewayReport, startGatewayReports } from "../observe/gateway-report.ts";
import { openStore } from "../open-store.ts";
import { Gateway } from "./gateway.ts";
import type { GatewayProcessBoot } from "./gateway-process-boot.ts";
import type { HttpDoor } from "./http-server.ts";
import { carry } from "./routes.ts";

/** Paths that the node itself answers: its first gateway does. */
const NODE_PATHS: readonly string[] = ["/api/", "/console", "/metrics"];
const NODE_DEADLINE_MS = 60_000;
/** One that does not come in this time has died meanwhile; the next one links before it is ready. */
const WORKERS_DEADLINE_MS: number = 5 * SECOND;

/** Runs until SIGTERM, or until its node is gone. */
export async function runGatewayProcess(boot: GatewayProcessBoot): Promise<void> {
  endWithParent(() => process.exit(0));
  const events = new Events();
  const workers = new Map<string, object>();
  const link = await connectLink(boot.hub, systemClock, () => ({
    peer: "the node",
    onNotification: (kind, data) => {
      if (kind === "message") pubsub.take(...(data as [string, string]));
      else if (kind === "gap") pubsub.gap();
      else if (kind === "worker") showWorker(data as { readonly worker: string });
    },
    onRequest: () => null,
    onClose: () => process.exit(0),
  }));
  const pubsub = new LinkPubSub(link);
  const showWorker = (state: { readonly worker: string }): void => {
    workers.set(state.worker, state);
    gateway.topics.worker(state);
  };
  forwardEvents(events, (batch) => link.notify("events", batch));
  const store = openStore({ ...boot, role: "gateway" });
  await store.start();
  const { gateway, manifest, linkedTo } = createGateway({
    boot,
    link,
    pubsub,
    events,
    store,
    workers: () => [...workers.values()],
  });
  link.notify("hello", { gatewayId: boot.gatewayId, slot: boot.slot });
  gateway.link();
  process.once("SIGTERM", () => {
    void gateway
      .close(boot.shutdownMs)
      .then(() => gateway.unlink())
      .then(() => store.stop())
      .finally(() => process.exit(0));
  });
  const app = await manifest;
  // What a worker broadcasts that is not linked yet would not reach sockets here.
  await Promise.race([
    linkedTo((await link.request("workers", null)) as string[]),
    sleep(systemClock, WORKERS_DEADLINE_MS),
  ]);
  await gateway.open(app);
  await link.request("ready", null);
  const send = (report: GatewayReport) => link.notify("report", report);
  startGatewayReports({ slot: boot.slot, gateway, events, clock: systemClock, send });
}

interface GatewayProcessParts {
  readonly boot: GatewayProcessBoot;
  readonly link: Link;
  readonly pubsub: LinkPubSub;
  readonly events: Events;
  readonly store: ReturnType<typeof openStore>;
  readonly workers: () => readonly object[];
}

function createGateway({ boot, link, pubsub, events, store, workers }: GatewayProcessParts): {
  readonly gateway: Gateway;
  readonly manifest: Promise<AppManifest>;
  /** Resolves when these workers are ready here. */
  linkedTo(members: readonly string[]): Promise<void>;
} {
  const first = Promise.withResolvers<AppManifest>();
  const complete = Promise.withResolvers<void>();
  let awaited: readonly string[] | undefined;
  const check = () => {
    if (awaited?.every((memberId) => gateway.links.byMember(memberId))) complete.resolve();
  };
  const outward = new NodeLink({
    pubsub,
    nodeName: boot.nodeName,
    shardCount: 0, // It only says what has grown here, and hears nothing.
    clock: systemClock,
    events,
    wake: () => {},
    answered: () => {},
  });
  const gateway: Gateway = new Gateway({
    ...boot,
    store,
    clock: systemClock,
    events,
    first: false,
    dev: false,
    sharesPort: true,
    surroundings: { member: () => pubsub, outward: { ...SILENT, grown: (shards) => outward.grown(shards) } },
    nodeState: workers,
    doors: [askNode(link)],
    workers: {
      loaded: (_worker, manifest) => {
        first.resolve(manifest);
        check();
      },
      loadFailed: () => {},
      gone: () => {},
      heartbeat: () => {},
      events: () => {},
      serving: (_worker, manifest) => {
        if (manifest) void adopt(gateway, manifest, events);
      },
    },
  });
  const linkedTo = (members: readonly string[]): Promise<void> => {
    awaited = members;
    check();
    return complete.promise;
  };
  return { gateway, manifest: first.promise, linkedTo };
}

/** What workers say leaves the node through the first gateway. */
const SILENT = { broadcast: () => {}, disconnect: () => {}, askReply: () => {} };

/** New code serves: its webhooks, pages and channels, here too. */
async function adopt(gateway: Gateway, manifest: AppManifest, events: Events): Promise<void> {
  if (gateway.manifest === undefined || gateway.manifest.codeVersion === manifest.codeVersion) return;
  try {
    gateway.adopt(await gateway.prepare(manifest));
  } catch (thrown) {
    events.emit("error.caught", { stage: "gateway: adopting new code", error: toError(thrown) });
  }
}

function askNode(link: Link): HttpDoor {
  return (request, pathname) => {
    if (!NODE_PATHS.some((path) => pathname.startsWith(path))) return undefined;
    return carry(request, async (message) => (await link.request("http", message, NODE_DEADLINE_MS)) as RouteResponse);
  };
}
