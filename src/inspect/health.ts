/** Is the node well? What is wrong, whom it concerns, and what to do: for `doctor`, `top` and the console. */
import { MINUTE, SECOND, StoreUnavailableError, toError } from "../core/index.ts";
import { type LaneRow, listLanes } from "./actors.ts";
import { type DeadLetterRow, listDeadLetters } from "./dead-letters.ts";
import { Params } from "./params.ts";
import { readShards, type ShardRow } from "./shards.ts";
import type { InspectSources } from "./sources.ts";
import { type Severity, TROUBLES, type TroubleKind, type TroubleName } from "./trouble-catalog.ts";
import type { Trouble } from "./trouble-memory.ts";

export interface Finding {
  readonly severity: Severity;
  /** Stable, for scripts: an event's name, or `dead-letters`, `lanes`, `shards`, `workers`, `store`. */
  readonly check: string;
  readonly text: string;
  readonly advice: string;
  /** The command that shows more. */
  readonly next: string | null;
  /** The page in docs/operate/. */
  readonly page: string | null;
  readonly count: number;
  readonly lastAtMs: number | null;
}

export interface Health {
  readonly ok: boolean;
  readonly store: StoreHealth;
  readonly findings: readonly Finding[];
}

export interface StoreHealth {
  readonly description: string;
  /** How long it took to say how its shards stand; null when it does not answer. */
  readonly answeredInMs: number | null;
  /** How far the database's clock is ahead of this machine's; null for a store in a file. */
  readonly clockAheadMs: number | null;
}

const STORE_DEADLINE_MS: number = 3 * SECOND;
const CLOCK_TOLERANCE_MS: number = SECOND;
/** A worker restarted this lately is worth a word. */
const LATELY_MS: number = 10 * MINUTE;

export async function readHealth(sources: InspectSources): Promise<Health> {
  const startedMs = sources.wallMs();
  const { description } = sources.store;
  const away: StoreHealth = { description, answeredInMs: null, clockAheadMs: null };
  const looked = await withinDeadline(sources, lookIntoStore(sources)).then(
    ({ clockAheadMs, findings }) => {
      return { store: { description, answeredInMs: sources.wallMs() - startedMs, clockAheadMs }, findings };
    },
    (thrown) => ({ store: away, findings: [storeDown(toError(thrown))] }),
  );
  const troubles = sources.node.troubles().map(toFinding);
  const findings = [...looked.findings, ...lookAtWorkers(sources, startedMs), ...troubles].sort(bySeverity);
  return { ok: !findings.some(({ severity }) => severity === "problem"), store: looked.store, findings };
}

async function lookIntoStore(
  sources: InspectSources,
): Promise<{ readonly clockAheadMs: number | null; readonly findings: readonly Finding[] }> {
  const [letters, lanes, shards, clockAheadMs] = await Promise.all([
    listDeadLetters(sources, new Params({ limit: 500 })),
    listLanes(sources, new Params({ limit: 500 })),
    readShards(sources),
    readClockAhead(sources),
  ]);
  const stopped = lanes.rows.filter(({ status }) => status !== "retrying" && status !== "spilled");
  const findings = [
    ...aboutDeadLetters(letters.rows),
    ...(stopped.length > 0 ? [aboutStopped(stopped)] : []),
    ...aboutShards(sources, shards),
    ...aboutClock(clockAheadMs),
  ];
  return { clockAheadMs, findings };
}

/** Leases go by the database's clock, timers and waits by this machine's. */
async function readClockAhead({ store, wallMs }: InspectSources): Promise<number | null> {
  if (!store.sharedAcrossNodes) return null;
  const beforeMs = wallMs();
  const text = ["select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms"];
  const [row] = await store.query({ text, values: [] });
  const middleMs = (beforeMs + wallMs()) / 2;
  return Math.round(Number(row?.ms) - middleMs);
}

function aboutClock(aheadMs: number | null): readonly Finding[] {
  if (aheadMs === null || Math.abs(aheadMs) < CLOCK_TOLERANCE_MS) return [];
  return [
    {
      severity: "warning",
      check: "clock",
      text: `this machine's clock and the database's are ${Math.abs(aheadMs)} ms apart`,
      advice: "Let both follow a time server: timers and retries go by this machine's clock, leases by the database's.",
      next: null,
      page: null,
      count: 1,
      lastAtMs: null,
    },
  ];
}

function aboutDeadLetters(letters: readonly DeadLetterRow[]): readonly Finding[] {
  return [...Map.groupBy(letters, ({ target }) => target)].map(([target, rows]) => {
    const newest = rows.reduce((a, b) => (a.diedAtMs > b.diedAtMs ? a : b));
    const { name, message } = newest.error;
    return {
      severity: "problem",
      check: "dead-letters",
      text: `${rows.length} dead ${rows.length === 1 ? "letter" : "letters"} of ${target}; the newest, ${newest.id} (key ${newest.key}): ${name}: ${message}`,
      advice: "Mend what it names, then send them back with --redrive, or give them up with --discard.",
      next: `godwit dead --target ${target}`,
      page: "poison-message",
      count: rows.length,
      lastAtMs: newest.diedAtMs,
    };
  });
}

function aboutStopped(lanes: readonly LaneRow[]): Finding {
  const [first] = lanes as readonly [LaneRow];
  const more = lanes.length > 1 ? ` and ${lanes.length - 1} more` : "";
  return {
    severity: "warning",
    check: "lanes",
    text: `${first.target}/${first.key} is ${first.status}${more}: nothing is handled there until a person says so`,
    advice: "See why, then let it go on with --resume.",
    next: `godwit actors ${first.target} ${first.key}`,
    page: "poison-message",
    count: lanes.length,
    lastAtMs: null,
  };
}

/** A shard whose holder is no worker that lives is handled by nobody until the lease runs out. */
function aboutShards({ node, store }: InspectSources, shards: readonly ShardRow[]): readonly Finding[] {
  const own = new Set(node.workers().map(({ memberId }) => memberId));
  const known = (owner: string) => own.has(owner) || (store.sharedAcrossNodes && !owner.startsWith(`${node.name}/`));
  const stuck = shards.filter(({ owner, lagIn, lagOut }) => lagIn + lagOut > 0 && (owner === null || !known(owner)));
  if (stuck.length === 0) return [];
  const owners = [...new Set(stuck.map(({ owner }) => owner ?? "nobody"))].slice(0, 3);
  const lag = stuck.reduce((sum, { lagIn, lagOut }) => sum + lagIn + lagOut, 0);
  const names = stuck.map(({ shard }) => shard).slice(0, 8);
  const text = `${lag} messages wait in ${stuck.length === 1 ? "shard" : "shards"} ${names.join(", ")}${stuck.length > 8 ? " …" : ""}, held by ${owners.join(", ")}: no worker of this node`;
  return [
    {
      severity: "problem",
      check: "shards",
      text,
      advice:
        "The lease runs out by itself within seconds when its holder is dead. If it lasts, that process lives: find it and end it.",
      next: "godwit ps --shards",
      page: "stuck-lease",
      count: stuck.length,
      lastAtMs: null,
    },
  ];
}

function lookAtWorkers({ node }: InspectSources, nowMs: number): readonly Finding[] {
  const calm = nowMs - node.startedAtMs < LATELY_MS;
  return node.workers().flatMap(({ worker, state, reason }): readonly Finding[] => {
    if (state === "up" || (state === "starting" && calm)) return [];
    return [
      {
        severity: "problem",
        check: "workers",
        text: `worker ${worker} is ${state}${reason === null ? "" : `: ${reason}`}`,
        advice: "It is started again with backoff. The log holds its last lines.",
        next: "godwit ps",
        page: "poison-message",
        count: 1,
        lastAtMs: null,
      },
    ];
  });
}

function storeDown(error: Error): Finding {
  return {
    severity: "problem",
    check: "store",
    text: `the store does not answer: ${error.message}`,
    advice:
      "Nothing that was accepted is lost, and nothing new is accepted until it is back. Check its disk, its address, its locks.",
    next: null,
    page: "store-down",
    count: 1,
    lastAtMs: null,
  };
}

function toFinding({ event, subject, count, lastAtMs, detail }: Trouble): Finding {
  const { severity, title, advice, next, page } = TROUBLES[event] as TroubleKind<TroubleName>;
  const often = count > 1 ? ` (${count} times)` : "";
  return {
    severity,
    check: event,
    text: `${title(subject)}${often}: ${detail}`,
    advice,
    next: next?.(subject) ?? null,
    page,
    count,
    lastAtMs,
  };
}

function withinDeadline<T>({ node }: InspectSources, work: Promise<T>): Promise<T> {
  const late = node.after(STORE_DEADLINE_MS).then((): never => {
    throw new StoreUnavailableError(`no answer within ${STORE_DEADLINE_MS / SECOND} s`);
  });
  return Promise.race([work, late]);
}

function bySeverity(a: Finding, b: Finding): number {
  if (a.severity !== b.severity) return a.severity === "problem" ? -1 : 1;
  return (b.lastAtMs ?? 0) - (a.lastAtMs ?? 0);
}
