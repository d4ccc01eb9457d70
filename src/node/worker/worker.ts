/**
 * A worker: runs all of a user's code (actors, channels, HTTP routes) and the deliveries. May crash, hang or be killed at any moment.
 *
 * States: linked → loaded (an app that cannot be loaded ends it here, before anything else is begun) → ready, on standby (takes no message until it
 * is told to) or serving → draining (finishes what it has in hand) → gone.
 */
import { endWithParent } from "../../adapters/process/index.ts";
import type { App } from "../../app/index.ts";
import { Events, type GodwitError, sleep, systemClock, toError } from "../../core/index.ts";
import { AppLoadError } from "../app-load-error.ts";
import { openStore } from "../open-store.ts";
import type { WorkerBoot } from "../worker-boot.ts";
import { appManifest, codeVersionOf } from "./app-manifest.ts";
import { type Engines, startEngines } from "./engines.ts";
import { GatewayLinks } from "./gateway-links.ts";
import { InHand } from "./in-hand.ts";
import { dieOfUncaughtErrors } from "./last-words.ts";
import { loadApp } from "./load-app.ts";
import { startReporting } from "./reporting.ts";
import { WorkMeter } from "./work-meter.ts";

const USER_REQUESTS: ReadonlySet<string> = new Set(["channel", "route", "api"]);

/** Exit code of a worker whose app could not be loaded or set up; the gateway has been told why. */
const EXIT_LOAD_FAILED = 1;

/** Links, loads, starts, says that it is ready, and runs until SIGTERM, or until its node is gone. */
export async function runWorker(boot: WorkerBoot): Promise<void> {
  let engines: Engines | undefined;
  const requests = new InHand();
  const events = new Events();
  const work = new WorkMeter(events);
  endWithParent(() => process.exit(0));
  dieOfUncaughtErrors();
  const gateways = await GatewayLinks.connect(boot, systemClock, {
    wake: (shards) => engines?.lanes.wake(shards),
    "ask-reply": (reply) => engines?.asker.answered(reply),
    watch: (keys) => reporting.watch(keys),
    channel: (notice) => engines?.channels.notify(notice),
    share: (scope) => void engines?.lanes.rebalance(scope).catch((thrown) => reportCaught(events, thrown)),
    request: (kind, data) => requests.run(() => answer(engines as Engines, work, kind, data)),
    gatewayGone: (gatewayId) => engines?.channels.gatewayGone(gatewayId),
    closed: () => process.exit(0),
  });
  const reporting = startReporting(boot, events, gateways, work);
  try {
    const app = await loadApp(boot.appPath);
    engines = await start(boot, app, events, gateways);
    process.once("SIGTERM", () => void drain(engines as Engines, requests, boot, gateways));
    await gateways.ready(appManifest(app, boot.appPath, codeVersionOf(boot.appPath)));
  } catch (thrown) {
    await refuseToStart(thrown, gateways);
  }
}

/** Only what user code answers says something about it. */
function answer(engines: Engines, work: WorkMeter, kind: string, data: unknown): Promise<unknown> {
  const asked = () => engines.answer(kind, data);
  return USER_REQUESTS.has(kind) ? work.request(asked) : asked();
}

async function start(boot: WorkerBoot, app: App, events: Events, gateways: GatewayLinks): Promise<Engines> {
  const store = openStore({ ...boot, role: "worker" });
  await store.start();
  await store.setUp(app.setup);
  return startEngines({
    boot,
    app,
    store,
    events,
    gateways,
    clock: systemClock,
    codeVersion: codeVersionOf(boot.appPath),
  });
}

/** Past the answer to `draining` no request comes any more: what is in hand then is the last of it. */
async function drain(engines: Engines, requests: InHand, boot: WorkerBoot, gateways: GatewayLinks): Promise<void> {
  await gateways.draining().catch(() => undefined);
  const late = sleep(systemClock, boot.shutdownMs);
  await engines.drain(boot.shutdownMs, Promise.race([requests.settled(), late]));
  gateways.close();
  process.exit(0);
}

function reportCaught(events: Events, thrown: unknown): void {
  events.emit("error.caught", { stage: "worker: sharing shards", error: toError(thrown) });
}

/** The gateway is told, and has answered, before the process ends: a failure must not get lost on the way. */
async function refuseToStart(thrown: unknown, gateways: GatewayLinks): Promise<never> {
  const error = toError(thrown);
  const failure =
    error instanceof AppLoadError
      ? error.failure
      : { message: error.message, code: (error as Partial<GodwitError>).code, stack: error.stack };
  await gateways.loadFailed(failure).catch(() => undefined);
  process.exit(EXIT_LOAD_FAILED);
}
