/** What a worker tells its gateways of itself: heartbeats, events, and the steps of watched messages. */
import { LoopDelay } from "../../adapters/process/index.ts";
import { type Events, systemClock } from "../../core/index.ts";
import { collectWork, Registry } from "../../telemetry/index.ts";
import { forwardEvents } from "../event-forwarding.ts";
import { collectFlowSteps } from "../flow-steps.ts";
import type { FlowStep } from "../link-protocol.ts";
import { Tracer } from "../observe/tracer.ts";
import { VERSION } from "../version.ts";
import type { WorkerBoot } from "../worker-boot.ts";
import type { GatewayLinks } from "./gateway-links.ts";
import type { WorkMeter } from "./work-meter.ts";

const HEARTBEAT_MS = 500;

export interface Reporting {
  /** Keys whose messages' steps somebody watches. */
  watch(keys: readonly string[]): void;
}

export function startReporting(boot: WorkerBoot, events: Events, gateways: GatewayLinks, work: WorkMeter): Reporting {
  const loop = new LoopDelay(systemClock);
  loop.start();
  const registry = new Registry();
  collectWork(events, registry);
  Tracer.fromEnvironment({ service: "godwit", version: VERSION, instance: boot.memberId }, systemClock)?.listen(events);
  setInterval(() => {
    const rssBytes = process.memoryUsage.rss();
    const metrics = registry.take();
    const counted = metrics.length > 0 && { metrics };
    gateways.notify("heartbeat", { rssBytes, loopDelayMs: loop.take().maxMs, work: work.take(), ...counted });
  }, HEARTBEAT_MS).unref();
  forwardEvents(events, (batch) => gateways.notify("events", batch));
  return collectFlowSteps(
    events,
    boot.slot,
    batchSteps((steps) => gateways.notifyAll("flow", steps)),
  );
}

/** One notification for the steps of one turn of the event loop. */
function batchSteps(send: (steps: readonly FlowStep[]) => void): (step: FlowStep) => void {
  let batch: FlowStep[] = [];
  return (step) => {
    if (batch.length === 0) {
      setImmediate(() => {
        const full = batch;
        batch = [];
        send(full);
      });
    }
    batch.push(step);
  };
}
