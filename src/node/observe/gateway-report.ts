/** What a gateway in a process of its own tells the node of itself, once a second: what it has counted since, and how it stands. */
import { LoopDelay } from "../../adapters/process/index.ts";
import type { SocketTraffic } from "../../channels/index.ts";
import { type Clock, type Events, SECOND } from "../../core/index.ts";
import { collectAppends, Registry, type Sample } from "../../telemetry/index.ts";
import type { Gateway } from "../gateway/gateway.ts";

export interface GatewayReport {
  /** `g1`, `g2` … */
  readonly slot: string;
  readonly samples: readonly Sample[];
  readonly connections: number;
  readonly joined: number;
  readonly rssBytes: number;
  readonly loopDelayMs: number;
}

export interface GatewayReporting {
  readonly slot: string;
  readonly gateway: Pick<Gateway, "channels">;
  readonly events: Events;
  readonly clock: Clock;
  readonly send: (report: GatewayReport) => void;
}

const REPORT_MS: number = SECOND;

/** Reports for as long as the process lives. Events other than appends are forwarded to the node, which counts them itself. */
export function startGatewayReports({ slot, gateway, events, clock, send }: GatewayReporting): void {
  const registry = new Registry();
  const loop = new LoopDelay(clock);
  const seen: SocketTraffic = { joins: 0, received: 0, sent: 0 };
  collectAppends(events, registry);
  loop.start();
  const report = (): void => {
    countTraffic(registry, seen, gateway.channels?.traffic);
    const { connections = 0, channels: joined = 0 } = gateway.channels ?? {};
    const { maxMs: loopDelayMs } = loop.take();
    send({ slot, samples: registry.take(), connections, joined, rssBytes: process.memoryUsage.rss(), loopDelayMs });
    clock.after(REPORT_MS, report);
  };
  clock.after(REPORT_MS, report);
}

/** Counts what has come and gone since the last time, and notes it in `seen`. */
export function countTraffic(
  registry: Registry,
  seen: SocketTraffic,
  traffic: Readonly<SocketTraffic> | undefined,
): void {
  if (!traffic) return;
  for (const name of ["joins", "received", "sent"] as const) {
    registry.count(name, [], traffic[name] - seen[name]);
    seen[name] = traffic[name];
  }
}
