/** What the plots of the console show: the last pulses, at two resolutions, and the last marks. Bounded; lost with the process. */
import type { Mark, Pulse, PulsePoint, PulseSeries } from "./console-protocol.ts";

/** A quarter of an hour, one point a second. */
const SECONDS_KEPT = 900;
/** Three hours, one point in ten seconds. */
const SPANS_KEPT = 1_080;
const SECONDS_IN_SPAN = 10;
const MARKS_KEPT = 200;

type Columns = { readonly [K in keyof PulseSeries]: PulseSeries[K][number][] };

export class ConsoleHistory {
  readonly seconds: Columns = emptyColumns();
  readonly spans: Columns = emptyColumns();
  readonly marks: Mark[] = [];
  #span: PulsePoint[] = [];

  /** Notes a second. Returns the point of the ten seconds that have ended with it, if any. */
  note(pulse: Pulse): PulsePoint | undefined {
    const point = pointOf(pulse);
    push(this.seconds, point, SECONDS_KEPT);
    this.#span.push(point);
    if (this.#span.length < SECONDS_IN_SPAN) return undefined;
    const span = merge(this.#span);
    this.#span = [];
    push(this.spans, span, SPANS_KEPT);
    return span;
  }

  mark(mark: Mark): void {
    this.marks.push(mark);
    if (this.marks.length > MARKS_KEPT) this.marks.shift();
  }
}

function emptyColumns(): Columns {
  return { atMs: [], accepted: [], handled: [], failed: [], p50Ms: [], p99Ms: [], waiting: [] };
}

const COLUMNS = Object.keys(emptyColumns()) as (keyof PulseSeries)[];

function pointOf({ atMs, accepted, handled, failed, p50Ms, p99Ms, waiting }: Pulse): PulsePoint {
  return { atMs, accepted, handled, failed, p50Ms, p99Ms, waiting };
}

function push(columns: Columns, point: PulsePoint, most: number): void {
  for (const name of COLUMNS) {
    const column = columns[name] as (number | null)[];
    column.push(point[name]);
    if (column.length > most) column.shift();
  }
}

/** Rates as their mean; times and what waits as their worst: a spike must not vanish in the long view. */
function merge(points: readonly PulsePoint[]): PulsePoint {
  const mean = (of: (point: PulsePoint) => number) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const worst = (of: (point: PulsePoint) => number | null) => {
    const known = points.map(of).filter((value) => value !== null);
    return known.length > 0 ? Math.max(...known) : null;
  };
  return {
    atMs: (points.at(-1) as PulsePoint).atMs,
    accepted: mean(({ accepted }) => accepted),
    handled: mean(({ handled }) => handled),
    failed: mean(({ failed }) => failed),
    p50Ms: worst(({ p50Ms }) => p50Ms),
    p99Ms: worst(({ p99Ms }) => p99Ms),
    waiting: worst(({ waiting }) => waiting) ?? 0,
  };
}
