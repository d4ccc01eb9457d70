/**
 * Events that mean trouble, and what a person should know of each: whom it concerns, what happened, what to do. The node remembers those of
 * the last minutes (`TroubleMemory`), and `doctor` and `top` say them in these words. Each page is in docs/operate/.
 */
import type { EventName, EventPayloads } from "../core/index.ts";

export type Severity = "problem" | "warning";

export interface TroubleKind<Name extends EventName> {
  readonly severity: Severity;
  /** Whom it concerns: what happens to the same subject is counted together. */
  subject(payload: EventPayloads[Name]): string;
  detail(payload: EventPayloads[Name]): string;
  /** One sentence with the subject in it. */
  title(subject: string): string;
  readonly advice: string;
  /** The command that shows more. */
  readonly next?: (subject: string) => string;
  /** The page in docs/operate/. */
  readonly page: string;
}

type Catalog = { readonly [Name in EventName]?: TroubleKind<Name> };

export const TROUBLES: Catalog = {
  "handler.timed-out": {
    severity: "warning",
    subject: ({ target }) => target,
    detail: ({ id, key, operation, afterMs }) =>
      `${id} (key ${key}) was cut after ${Math.round(afterMs)} ms; it stood at ${operation}`,
    title: (target) => `handlers of ${target} do not return in their time`,
    advice: "Make what it waits for faster, give ctx.signal to it, or raise the actor's timeout.",
    next: (target) => `godwit dead --target ${target}`,
    page: "slow-handler",
  },
  "process.blocked": {
    severity: "problem",
    subject: ({ path }) => lastPart(path),
    detail: ({ silentMs, running }) =>
      `its event loop stood still for ${Math.round(silentMs)} ms; it was running ${running.join(", ") || "nothing"}`,
    title: (worker) => `worker ${worker} was blocked and has been killed`,
    advice: "Find the loop or the synchronous call in the messages named: godwit trace shows each.",
    page: "slow-handler",
  },
  "process.outgrown": {
    severity: "warning",
    subject: ({ path }) => lastPart(path),
    detail: ({ usedBytes, limitBytes, reason }) => `${megabytes(usedBytes)} of ${megabytes(limitBytes)} MB: ${reason}`,
    title: (worker) => `worker ${worker} outgrew its memory limit and is replaced`,
    advice:
      "Something in the app keeps what it should let go: look for module-level maps, caches without a bound, listeners never removed.",
    next: () => "godwit top",
    page: "leaking-worker",
  },
  "service.exited": {
    severity: "problem",
    subject: ({ path }) => path,
    detail: ({ error }) => error?.message.split("\n", 1)[0] ?? "no reason given",
    title: (path) => `${path} ended by itself and was started again`,
    advice: "Read its last lines in the log. What it had in hand is handled by its successor.",
    next: () => "godwit ps",
    page: "poison-message",
  },
  "breaker.opened": {
    severity: "problem",
    subject: ({ connector, destination }) => (destination === connector ? connector : `${connector} (${destination})`),
    detail: ({ forMs }) => `nothing is sent there for ${Math.round(forMs / 1_000)} s at a time`,
    title: (connector) => `the provider of ${connector} fails again and again`,
    advice: "Look at the provider's status page. Deliveries wait in order and go on by themselves.",
    next: () => "godwit dead",
    page: "failing-provider",
  },
  "delivery.retrying": {
    severity: "warning",
    subject: ({ connector }) => connector,
    detail: ({ reason, status, id, attempt }) =>
      `${id}, try ${attempt}: ${reason}${status === null ? "" : ` (HTTP ${status})`}`,
    title: (connector) => `deliveries by ${connector} fail and are tried again`,
    advice:
      "A provider that answers 5xx or nothing is tried again with backoff; check its status page and your network.",
    page: "failing-provider",
  },
  "delivery.failed": {
    severity: "problem",
    subject: ({ connector }) => connector,
    detail: ({ reason, code, id }) => `${id}: ${reason} (${code})`,
    title: (connector) => `deliveries by ${connector} were given up`,
    advice: "They are dead letters: correct what the reason names, then redrive them.",
    next: (connector) => `godwit dead --target ${connector}`,
    page: "failing-provider",
  },
  "lease.lost": {
    severity: "warning",
    subject: ({ member }) => member,
    detail: ({ shards }) => `shards ${shards.slice(0, 8).join(", ")}${shards.length > 8 ? " …" : ""}`,
    title: (member) => `${member} lost leases to another worker`,
    advice: "Once is a takeover. Often repeated, the store is slow or the worker's event loop is blocked.",
    next: () => "godwit ps",
    page: "stuck-lease",
  },
  "commit.failed": {
    severity: "problem",
    subject: () => "store",
    detail: ({ error, attempt }) => `try ${attempt}: ${error.message.split("\n", 1)[0]}`,
    title: () => "the store does not take commits",
    advice:
      "Nothing is lost: what is in hand is committed when the store is back. Check its disk, its address, its locks.",
    page: "store-down",
  },
  "source.gap-passed": {
    severity: "warning",
    subject: ({ source }) => source,
    detail: ({ fromSeq, toSeq }) =>
      fromSeq === toSeq ? `number ${fromSeq} never came` : `numbers ${fromSeq} to ${toSeq} never came`,
    title: (source) => `the source ${source} left out numbers`,
    advice: "What came after the gap has gone on. Ask the sender for what is missing; late numbers are still taken.",
    page: "source-gap",
  },
  "socket.slow": {
    severity: "warning",
    subject: ({ socketId }) => socketId ?? "sockets without an id",
    detail: ({ closed }) => (closed ? "it was closed" : "its channels must join again"),
    title: (socket) => `${socket} reads more slowly than it is written to`,
    advice:
      "A slow network or a stuck tab: its client joins again and resumes from history. Many at once: broadcast less, or smaller.",
    next: () => "godwit topics",
    page: "slow-socket",
  },
  "channel.crashed": {
    severity: "warning",
    subject: ({ topic, event }) => `${topic} (${event})`,
    detail: ({ message }) => message,
    title: (topic) => `the channel ${topic} threw`,
    advice: "That channel alone ended, and its client joins again.",
    next: () => "godwit errors",
    page: "poison-message",
  },
  "error.caught": {
    severity: "warning",
    subject: ({ stage }) => stage,
    detail: ({ error }) => error.message.split("\n", 1)[0] ?? "",
    title: (stage) => `something failed in the background: ${stage}`,
    advice: "The log holds its stack.",
    next: () => "godwit errors",
    page: "store-down",
  },
};

export type TroubleName = keyof typeof TROUBLES & EventName;

export const TROUBLE_NAMES: readonly TroubleName[] = Object.keys(TROUBLES) as TroubleName[];

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
