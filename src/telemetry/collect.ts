/**
 * Counts events. A worker counts what happens in it, and the node what happens in it: an event that a worker forwards is on both their
 * buses, so each is counted by the one whose it is.
 */
import { type Events, SECOND } from "../core/index.ts";
import type { Registry } from "./registry.ts";

/** What lanes and deliveries do: in the workers. */
export function collectWork(events: Events, registry: Registry): void {
  collectAppends(events, registry);
  events.on("message.processed", ({ messages }, { atMs }) => {
    for (const { id, target, durationMs, acceptedAtMs } of messages) {
      registry.count("processed", [target, id.startsWith("m") ? "in" : "out"]);
      registry.observe("handlerTime", [target], durationMs / SECOND);
      registry.observe("latency", [target], Math.max(0, atMs - acceptedAtMs) / SECOND);
    }
  });
  events.on("commit.done", ({ entries, tookMs }) => {
    registry.observe("commitTime", [], tookMs / SECOND);
    registry.observe("commitSize", [], entries);
    registry.observe("storeTime", ["commit"], tookMs / SECOND);
  });
  events.on("message.failed", ({ target, retryInMs }) => {
    if (retryInMs !== undefined) registry.count("retried", [target]);
  });
  events.on("message.dead", ({ target }) => registry.count("dead", [target]));
  events.on("message.late-result-ignored", ({ target }) => registry.count("late", [target]));
  events.on("handler.timed-out", ({ target }) => registry.count("timedOut", [target]));
  events.on("commit.failed", () => registry.count("commitFailures"));
  events.on("timer.fired", ({ fired, late }) => {
    registry.count("timersFired", [], fired);
    registry.count("timersLate", [], late);
  });
  events.on("channel.crashed", () => registry.count("channelCrashes"));
  events.on("events.dropped", ({ count }) => registry.count("eventsDropped", [], count));
  collectLanes(events, registry);
  collectDeliveries(events, registry);
}

/** What comes in and goes out, and how the services are: in the node itself. */
export function collectService(events: Events, registry: Registry): void {
  collectAppends(events, registry);
  events.on("webhook.accepted", ({ connector }) => registry.count("webhooks", [connector, "accepted"]));
  events.on("webhook.ignored", ({ connector }) => registry.count("webhooks", [connector, "ignored"]));
  events.on("webhook.refused", ({ connector }) => registry.count("webhooks", [connector, "refused"]));
  events.on("source.gap-passed", ({ fromSeq, toSeq }) => registry.count("gaps", [], toSeq - fromSeq + 1));
  events.on("socket.closed-by-server", ({ code }) => registry.count("socketsClosed", [String(code)]));
  events.on("socket.slow", () => registry.count("slowSockets"));
  events.on("service.restarting", ({ path }) => registry.count("restarts", [path]));
  events.on("process.outgrown", () => registry.count("recycles"));
  events.on("process.blocked", () => registry.count("blocked"));
  events.on("error.caught", ({ stage }) => registry.count("errors", [stage]));
}

/** Both append: the node what comes in, the workers what their channels and routes send. */
export function collectAppends(events: Events, registry: Registry): void {
  events.on("messages.appended", ({ messages, duplicates, held, ms }) => {
    registry.count("accepted", [], messages);
    registry.count("duplicates", [], duplicates);
    registry.count("held", [], held);
    registry.observe("storeTime", ["append"], ms / SECOND);
  });
}

function collectLanes(events: Events, registry: Registry): void {
  events.on("lane.retrying", () => registry.count("lanes", ["retrying"]));
  events.on("lane.spilled", () => registry.count("lanes", ["spilled"]));
  events.on("lane.stopped", () => registry.count("lanes", ["stopped"]));
  events.on("lane.normal", () => registry.count("lanes", ["normal"]));
  events.on("lease.acquired", ({ shards }) => registry.count("leases", ["acquired"], shards.length));
  events.on("lease.lost", ({ shards }) => registry.count("leases", ["lost"], shards.length));
  events.on("lease.released", ({ shards }) => registry.count("leases", ["released"], shards.length));
}

function collectDeliveries(events: Events, registry: Registry): void {
  events.on("delivery.sent", ({ connector, ms }) => {
    registry.count("deliveries", [connector, "sent"]);
    registry.observe("deliveryTime", [connector], ms / SECOND);
  });
  events.on("delivery.retrying", ({ connector }) => registry.count("deliveries", [connector, "retrying"]));
  events.on("delivery.failed", ({ connector }) => registry.count("deliveries", [connector, "failed"]));
  events.on("breaker.opened", ({ connector }) => registry.count("breakers", [connector, "opened"]));
  events.on("breaker.half-opened", ({ connector }) => registry.count("breakers", [connector, "half-opened"]));
  events.on("breaker.closed", ({ connector }) => registry.count("breakers", [connector, "closed"]));
}
