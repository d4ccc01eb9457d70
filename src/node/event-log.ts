/** The log lines of a node: what an operator should see, of the many events that there are. Readable on a terminal, JSON elsewhere. */
import type { EventName, EventPayloads, Events } from "../core/index.ts";

/** Events worth a line, and how grave they are. What happens with every message is in the metrics, not here. */
const LEVELS: Partial<Readonly<Record<EventName, "info" | "warn" | "error">>> = {
  "error.caught": "error",
  "listener.failed": "error",
  "error.first-seen": "warn",
  "error.came-back": "error",
  "service.exited": "warn",
  "service.restarting": "warn",
  "service.failed-to-start": "error",
  "service.abandoned": "error",
  "supervisor.escalated": "error",
  "process.blocked": "error",
  "process.outgrown": "warn",
  "worker.replaced": "info",
  "deploy.started": "info",
  "deploy.finished": "info",
  "deploy.failed": "error",
  "canary.started": "info",
  "canary.decided": "warn",
  "shutdown.cut": "warn",
  "source.gap-passed": "warn",
  "message.dead": "error",
  "handler.timed-out": "warn",
  "lane.stopped": "error",
  "lease.lost": "warn",
  "commit.failed": "warn",
  "channel.crashed": "error",
  "breaker.opened": "warn",
  "breaker.closed": "info",
  "delivery.failed": "error",
  "webhook.refused": "warn",
  "request.refused": "info",
  "events.dropped": "warn",
};

/** Most lines a second; what is beyond is counted and said once. */
const MAX_LINES_PER_SECOND = 50;

/** Writes lines to `write` (one a call, without its end) until the returned function is called; none for events that `except` names. */
export function startEventLog(
  events: Events,
  write: (line: string) => void,
  json: boolean,
  except: readonly EventName[] = [],
): () => void {
  let second = 0;
  let lines = 0;
  let suppressed = 0;
  const tell = (level: string, name: EventName, payload: object, atMs: number) => {
    if (isOrderly(name, payload)) return;
    const now = Math.floor(atMs / 1_000);
    if (now !== second) {
      if (suppressed > 0) write(render("warn", "log.suppressed", { lines: suppressed }, atMs, json));
      [second, lines, suppressed] = [now, 0, 0];
    }
    if (lines++ < MAX_LINES_PER_SECOND) write(render(level, name, payload, atMs, json));
    else suppressed++;
  };
  const levels = Object.entries(LEVELS).filter(([name]) => !except.includes(name as EventName));
  const offs = levels.map(([name, level]) =>
    events.on(name as EventName, (payload, { atMs }) => tell(level, name as EventName, payload, atMs)),
  );
  return () => {
    for (const off of offs) off();
  };
}

/** A service that ended because it was asked to is no news. */
function isOrderly(name: EventName, payload: object): boolean {
  return name === "service.exited" && (payload as EventPayloads["service.exited"]).reason !== "error";
}

function render(level: string, name: string, payload: object, atMs: number, json: boolean): string {
  const time = new Date(atMs).toISOString();
  const fields = Object.entries(payload).map(([key, value]): [string, unknown] => [key, readable(value)]);
  if (json) return JSON.stringify({ time, level, event: name, ...Object.fromEntries(fields) });
  const text = fields
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
  return `${time.slice(11, 23)} ${level.padEnd(5)} ${name}  ${text}`;
}

function readable(value: unknown): unknown {
  return value instanceof Error ? (value.stack ?? value.message) : value;
}
