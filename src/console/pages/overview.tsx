/** How the node does, on one screen. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { milliseconds, rate, span, whole } from "../format.ts";
import type { Live } from "../live.ts";
import { MarkList } from "../parts/mark-list.tsx";
import { MarkTrack } from "../parts/mark-track.tsx";
import { Plot } from "../parts/plot.tsx";
import type { PlotSeries } from "../parts/plot-options.ts";
import { Workers } from "../parts/workers.tsx";
import { hrefOf } from "../router.ts";
import { HealthLine } from "./health-line.tsx";

const MINUTE_MS = 60_000;
const RANGES = [
  { label: "2 min", ms: 2 * MINUTE_MS, of: "seconds" },
  { label: "15 min", ms: 15 * MINUTE_MS, of: "seconds" },
  { label: "3 h", ms: 180 * MINUTE_MS, of: "spans" },
] as const;

const THROUGHPUT: readonly PlotSeries[] = [
  { label: "accepted", color: "plot-accepted", shape: "area" },
  { label: "handled", color: "plot-handled", shape: "line" },
  { label: "failed", color: "plot-failed", shape: "bars" },
];
const LATENCY: readonly PlotSeries[] = [
  { label: "p99", color: "plot-p99", shape: "line" },
  { label: "p50", color: "plot-p50", shape: "area" },
];
const WAITING: readonly PlotSeries[] = [{ label: "waiting", color: "plot-waiting", shape: "area" }];
const CHANGES_SHOWN = 6;

export function OverviewPage({ live }: { readonly live: Live }): VNode {
  return (
    <div class="overview">
      <h1 class="visually-hidden">Overview</h1>
      <HealthLine live={live} />
      <Figures live={live} />
      <Plots live={live} />
      <div class="overview-below">
        <section class="panel">
          <h2>Workers</h2>
          <Workers workers={live.pulse.workers} />
        </section>
        <section class="panel">
          <h2>
            Changes <a href={hrefOf("changes")}>All</a>
          </h2>
          <MarkList marks={live.marks.slice(-CHANGES_SHOWN).reverse()} />
        </section>
      </div>
    </div>
  );
}

function Figures({ live: { pulse } }: { readonly live: Live }): VNode {
  return (
    <dl class="figures">
      <Figure name="Accepted" value={rate(pulse.accepted)} unit="/s" />
      <Figure name="Handled" value={rate(pulse.handled)} unit="/s" />
      <Figure name="Failed" value={rate(pulse.failed)} unit="/s" tone={pulse.failed > 0 ? "bad" : undefined} />
      <Figure name="Accepted to done" value={milliseconds(pulse.p50Ms)} unit={`p99 ${milliseconds(pulse.p99Ms)}`} />
      <Figure name="Waiting" value={whole(pulse.waiting)} />
      <Figure
        name="Dead letters"
        value={whole(pulse.dead)}
        tone={pulse.dead > 0 ? "bad" : undefined}
        href={hrefOf("dead")}
      />
      <Figure name="Sockets" value={whole(pulse.sockets)} unit={`${whole(pulse.channels)} joined`} />
    </dl>
  );
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly unit?: string;
  readonly tone?: "bad" | undefined;
  readonly href?: string;
}

function Figure({ name, value, unit, tone, href }: FigureProps): VNode {
  return (
    <div data-tone={tone}>
      <dt>{href ? <a href={href}>{name}</a> : name}</dt>
      <dd>
        <b>{value}</b> {unit && <span>{unit}</span>}
      </dd>
    </div>
  );
}

function Plots({ live }: { readonly live: Live }): VNode {
  const [range, setRange] = useState<(typeof RANGES)[number]>(RANGES[0]);
  const { atMs, accepted, handled, failed, p50Ms, p99Ms, waiting } = live[range.of];
  const frame = { fromMs: live.nowMs - range.ms, toMs: live.nowMs, marks: live.marks };
  const inMs = (value: number | null) => milliseconds(value);
  const perSecond = (value: number | null) => rate(value ?? 0);
  return (
    <section class="panel plots" aria-label="Plots">
      <fieldset class="range">
        <legend class="visually-hidden">Time shown</legend>
        {RANGES.map((each) => (
          <button key={each.label} type="button" aria-pressed={each === range} onClick={() => setRange(each)}>
            {each.label}
          </button>
        ))}
      </fieldset>
      <Plot
        {...frame}
        title="Throughput"
        unit="messages/s"
        columns={[atMs, accepted, handled, failed]}
        series={THROUGHPUT}
        heightPx={190}
        format={perSecond}
        hasTimes={false}
      />
      <Plot
        {...frame}
        title="Latency"
        unit="accepted to committed, ms"
        columns={[atMs, p99Ms, p50Ms]}
        series={LATENCY}
        heightPx={120}
        format={inMs}
        hasTimes={false}
      />
      <Plot
        {...frame}
        title="Waiting"
        unit="messages"
        columns={[atMs, waiting]}
        series={WAITING}
        heightPx={104}
        format={(value) => whole(value ?? 0)}
        hasTimes={true}
      />
      <MarkTrack {...frame} />
      <p class="visually-hidden" role="note">
        Over {span(range.ms)}: newest {rate(live.pulse.handled)} messages a second.
      </p>
    </section>
  );
}
