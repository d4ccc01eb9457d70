/** What the console marks on its time axis: events that explain a kink in a plot, in a person's words. */
import type { EventName, EventPayloads, Events } from "../../core/index.ts";
import type { Mark } from "./console-protocol.ts";

type Words = Pick<Mark, "kind" | "subject" | "text">;
type Catalog = { readonly [Name in EventName]?: (payload: EventPayloads[Name]) => Words | undefined };

const WORKERS = "node/workers/";

const MARKS: Catalog = {
  "service.exited": ({ path, reason, error }) =>
    reason === "error"
      ? { kind: "crash", subject: nameOf(path), text: endOf(path, error?.message ?? "ended") }
      : undefined,
  "service.started": ({ path }) =>
    path.startsWith(WORKERS) ? { kind: "start", subject: nameOf(path), text: "is up" } : undefined,
  "service.failed-to-start": ({ path, error }) => ({
    kind: "crash",
    subject: nameOf(path),
    text: `did not start: ${firstLine(error.message)}`,
  }),
  "process.blocked": ({ path, silentMs }) => ({
    kind: "crash",
    subject: nameOf(path),
    text: `was blocked for ${Math.round(silentMs)} ms and is killed`,
  }),
  "process.outgrown": ({ path, reason }) => ({ kind: "recycle", subject: nameOf(path), text: `outgrew: ${reason}` }),
  "worker.replaced": ({ worker, reason, tookMs }) =>
    reason === "deploy"
      ? undefined
      : { kind: "recycle", subject: worker, text: `replaced in ${Math.round(tookMs)} ms (${reason})` },
  "deploy.started": ({ workers, release }) => ({
    kind: "deploy",
    subject: `release ${release}`,
    text: `is being loaded in ${workers} ${workers === 1 ? "worker" : "workers"}`,
  }),
  "deploy.finished": ({ codeVersion, tookMs }) => ({
    kind: "deploy",
    subject: codeVersion,
    text: `serves; the move took ${Math.round(tookMs)} ms`,
  }),
  "deploy.failed": ({ release, error }) => ({
    kind: "crash",
    subject: `release ${release}`,
    text: `was not taken: ${firstLine(error.message)}`,
  }),
  "canary.started": ({ codeVersion, share }) => ({
    kind: "deploy",
    subject: codeVersion,
    text: `is tried on ${Math.round(share * 100)} %`,
  }),
  "canary.decided": ({ release, decision, reason }) => ({
    kind: "deploy",
    subject: `release ${release}`,
    text: `was ${decision}: ${reason}`,
  }),
  "lease.lost": ({ member, shards }) => ({
    kind: "lease",
    subject: nameOf(member.slice(0, member.lastIndexOf("/"))),
    text: `lost ${shards.length === 1 ? `shard ${shards[0]}` : `${shards.length} shards`}`,
  }),
  "breaker.opened": ({ connector, destination }) => ({
    kind: "breaker",
    subject: connector,
    text: `breaker opened: ${destination} fails`,
  }),
  "breaker.closed": ({ connector, destination }) => ({
    kind: "breaker",
    subject: connector,
    text: `breaker closed: ${destination} works again`,
  }),
};

/** Calls `mark` with each, until the returned function is called. */
export function watchMarks(events: Events, mark: (mark: Mark) => void): () => void {
  const offs = (Object.keys(MARKS) as EventName[]).map((name) => {
    const words = MARKS[name] as (payload: object) => Words | undefined;
    return events.on(name, (payload, { atMs }) => {
      const said = words(payload);
      if (said) mark({ atMs, ...said });
    });
  });
  return () => {
    for (const off of offs) off();
  };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Messages of ended services begin with their path. */
function endOf(path: string, message: string): string {
  const text = firstLine(message);
  return text.startsWith(`${path} `) ? text.slice(path.length + 1) : text;
}

const MOST_TEXT = 200;

function firstLine(text: string): string {
  return (text.split("\n", 1)[0] as string).slice(0, MOST_TEXT);
}
