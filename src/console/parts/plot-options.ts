/** How a plot is drawn. */
import uPlot from "uplot";
import type { Mark } from "../../node/index.ts";
import { clockTime, short } from "../format.ts";
import { resolveColors } from "../theme.ts";

export interface PlotProps {
  readonly title: string;
  readonly unit: string;
  /** Times in ms, oldest first, then one column a series. */
  readonly columns: readonly (readonly (number | null)[])[];
  readonly series: readonly PlotSeries[];
  readonly heightPx: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly marks: readonly Mark[];
  readonly format: (value: number | null) => string;
  /** The axis below is drawn by one of several plots. */
  readonly hasTimes: boolean;
}

export interface PlotSeries {
  readonly label: string;
  /** A custom property without its dashes. */
  readonly color: PlotColor;
  /** `area` is filled to the axis, `bars` stand on it. */
  readonly shape: "line" | "area" | "bars";
}

export type PlotColor = "plot-accepted" | "plot-handled" | "plot-failed" | "plot-p50" | "plot-p99" | "plot-waiting";

const CHROME = ["ink-soft", "line-soft", "edge", "rufous", "sea", "violet"] as const;
const AXIS_FONT = '11px ui-sans-serif, -apple-system, "Segoe UI", Inter, Roboto, Arial, sans-serif';
const VALUE_AXIS_PX = 46;
const TIME_AXIS_PX = 24;
/** Half of the last time below the plot. */
const RIGHT_PX = 14;
/** All plots share one cursor. */
const CURSOR_KEY = "godwit-console";

type Palette = ReturnType<typeof resolveColors<(typeof CHROME)[number] | PlotColor>>;

/** `props` is asked again at each drawing, for what has changed since. */
export function createPlot(
  parent: HTMLElement,
  props: () => PlotProps,
  onHover: (index: number | null) => void,
): uPlot {
  const { series, heightPx, hasTimes } = props();
  const palette = resolveColors([...CHROME, ...series.map(({ color }) => color)]) as Palette;
  const options: uPlot.Options = {
    width: parent.clientWidth,
    height: heightPx,
    padding: [8, RIGHT_PX, hasTimes ? 0 : 4, 0],
    legend: { show: false },
    scales: { x: { time: true }, y: { range: (_plot, _min, max) => [0, Math.max(1, (max ?? 0) * 1.08)] } },
    series: [{}, ...series.map((each) => seriesOptions(each, palette))],
    axes: [timeAxis(palette, hasTimes), valueAxis(palette)],
    cursor: {
      sync: { key: CURSOR_KEY, setSeries: false },
      y: false,
      drag: { x: false, y: false },
      points: { size: 7, width: 1.5 },
    },
    hooks: {
      setCursor: [(plot) => onHover(plot.cursor.idx ?? null)],
      drawClear: [(plot) => drawMarks(plot, props(), palette)],
    },
  };
  return new uPlot(options, [[]], parent);
}

function seriesOptions({ color, shape, label }: PlotSeries, palette: Palette): uPlot.Series {
  const stroke = palette[color];
  const common = { label, stroke, points: { size: 4, fill: stroke, filter: isolated }, spanGaps: false };
  if (shape === "line") return { ...common, width: 1.5 };
  if (shape === "bars") {
    return {
      ...common,
      width: 0,
      fill: stroke,
      paths: uPlot.paths.bars?.({ size: [0.9, 6] }) as uPlot.Series.PathBuilder,
    };
  }
  return { ...common, width: 1, fill: (plot) => water(plot, stroke) };
}

/** Between two seconds without a measurement no line can be drawn: the one between them stands as a point. */
function isolated(plot: uPlot, seriesIndex: number, show: boolean): number[] | null {
  const values = plot.data[seriesIndex];
  if (!show || !values) return null;
  const known = (index: number) => typeof values[index] === "number";
  return Array.from(values.keys()).filter((index) => known(index) && !known(index - 1) && !known(index + 1));
}

/** Deepest at the surface, clear at the ground. */
function water(plot: uPlot, stroke: string): CanvasGradient | string {
  const { top, height } = plot.bbox;
  // Before the first layout there is nothing to fill.
  if (!Number.isFinite(top + height) || height <= 0) return stroke;
  const gradient = plot.ctx.createLinearGradient(0, top, 0, top + height);
  gradient.addColorStop(0, withAlpha(stroke, 0.42));
  gradient.addColorStop(1, withAlpha(stroke, 0.06));
  return gradient;
}

/** `rgb(1, 2, 3)` → `rgba(1, 2, 3, alpha)`. */
function withAlpha(color: string, alpha: number): string {
  return color.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);
}

function timeAxis(palette: Palette, hasTimes: boolean): uPlot.Axis {
  return {
    show: true,
    size: hasTimes ? TIME_AXIS_PX : 0,
    font: AXIS_FONT,
    stroke: palette["ink-soft"],
    grid: { stroke: palette["line-soft"], width: 1 },
    ticks: { show: false },
    space: 90,
    values: (_plot, times) => times.map((seconds) => (hasTimes ? timeLabel(seconds) : "")),
  };
}

/** Whole minutes without their seconds. */
function timeLabel(seconds: number): string {
  const text = clockTime(seconds * 1_000);
  return text.endsWith(":00") ? text.slice(0, -3) : text;
}

function valueAxis(palette: Palette): uPlot.Axis {
  return {
    size: VALUE_AXIS_PX,
    font: AXIS_FONT,
    stroke: palette["ink-soft"],
    grid: { stroke: palette["line-soft"], width: 1 },
    ticks: { show: false },
    space: 34,
    values: (_plot, values) => values.map((value) => short(value)),
  };
}

const MARK_COLORS: Readonly<Record<string, (typeof CHROME)[number]>> = {
  crash: "rufous",
  store: "rufous",
  deploy: "violet",
};

/** What has happened stands as a line behind every plot. */
function drawMarks(plot: uPlot, { marks, fromMs }: PlotProps, palette: Palette): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const { atMs, kind } of marks) {
    if (atMs < fromMs) continue;
    const x = Math.round(plot.valToPos(atMs / 1_000, "x", true)) + 0.5;
    ctx.strokeStyle = palette[MARK_COLORS[kind] ?? "edge"];
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
