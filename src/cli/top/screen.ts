/** One frame of `godwit top`, as lines. Pure: figures in, text out, within the columns and rows that there are. */
import type { Finding } from "../../inspect/index.ts";
import { cutTo } from "../ask-node.ts";
import { padEnd, type Style, visibleWidth } from "../style.ts";
import { bytes, count, span, took } from "../units.ts";
import type { Figures, Reading } from "./figures.ts";

export interface Frame {
  readonly reading: Reading;
  readonly figures: Figures;
  /** Processed per second, oldest first. */
  readonly processed: readonly number[];
  readonly nowMs: number;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const MOST_WIDTH = 110;
const BARS = "▁▂▃▄▅▆▇█";

export function renderTop(frame: Frame, size: Size, style: Style): readonly string[] {
  const width = Math.min(MOST_WIDTH, size.columns) - 2;
  const head = [...renderHead(frame, width, style), "", ...renderNumbers(frame, width, style)];
  const body = [...renderWorkers(frame, style), "", ...renderTargets(frame, style)];
  const trouble = renderTrouble(frame.reading.health.findings, width, style);
  const lines = [...head, "", ...body, "", ...trouble];
  const room = Math.max(1, size.rows - 2);
  const shown = lines.length > room ? lines.slice(0, room) : lines;
  return shown.map((line) => (line === "" ? "" : ` ${line}`));
}

/** A row of bars, as tall as the values against their highest. */
export function sparkline(values: readonly number[]): string {
  const highest = Math.max(...values, 1e-9);
  return values.map((value) => BARS[value <= 0 ? 0 : Math.min(7, Math.ceil((value / highest) * 7))]).join("");
}

function renderHead({ reading: { node, health }, nowMs }: Frame, width: number, style: Style): readonly string[] {
  const problems = health.findings.filter(({ severity }) => severity === "problem").length;
  const warnings = health.findings.length - problems;
  const verdict =
    problems > 0
      ? style.red(`● ${problems} wrong`)
      : warnings > 0
        ? style.yellow(`● ${warnings} to look at`)
        : style.green("● well");
  const left = `${style.bold(style.cyan("godwit"))} ${style.dim("·")} ${style.bold(node.app?.name ?? "starting")}`;
  const code = node.app ? ` · code ${node.app.codeVersion}` : "";
  const facts = `${node.url ?? "not open"} · ${node.node} · up ${span(nowMs - node.startedAtMs)}${code}`;
  return [spread(left, verdict, width), style.dim(cutTo(facts, width))];
}

function renderNumbers({ figures, processed }: Frame, width: number, style: Style): readonly string[] {
  const bars = sparkline(processed.slice(-Math.max(10, width - 40)));
  const cell = (name: string, value: string, room: number) => padEnd(`${style.dim(name)} ${style.bold(value)}`, room);
  const third = Math.floor(width / 3);
  const lag = figures.lag === null ? style.red("?") : count(figures.lag);
  return [
    `${cell("processed/s", rate(figures.processedPerSecond), 22)}${style.green(bars)}`,
    [
      cell("accepted/s", rate(figures.acceptedPerSecond), third),
      cell("latency p50", ms(figures.latencyP50Ms), third),
      cell("p99", ms(figures.latencyP99Ms), third),
    ].join(""),
    [
      cell("waiting", lag, third),
      cell("commit p99", ms(figures.commitP99Ms), third),
      cell("loop delay", took(figures.loopDelayMs), third),
    ].join(""),
    [
      cell("sockets", count(figures.connections), third),
      cell("channels", count(figures.joined), third),
      cell("frames/s", rate(figures.sentPerSecond), third),
    ].join(""),
  ];
}

function renderWorkers({ figures }: Frame, style: Style): readonly string[] {
  const rows = figures.workers.map(({ worker, state, pid, rssBytes, loopDelayMs, restarts, codeVersion, reason }) => [
    style.bold(worker),
    state === "up" ? style.green(`● ${state}`) : style.red(`● ${state}`),
    pid === null ? "" : String(pid),
    rssBytes === null ? "" : bytes(rssBytes),
    loopDelayMs === null ? "" : took(loopDelayMs),
    restarts === 0 ? style.dim("0") : style.yellow(String(restarts)),
    reason !== null && state !== "up" ? style.red(reason) : style.dim(codeVersion ?? ""),
  ]);
  return columns(["worker", "state", "pid", "memory", "loop", "restarts", "code"], rows, RIGHT_WORKERS, style);
}

function renderTargets({ figures }: Frame, style: Style): readonly string[] {
  const rows = figures.targets.map(({ target, processedPerSecond, p50Ms, p99Ms, retriedPerSecond, dead }) => [
    style.bold(cutTo(target, 28)),
    rate(processedPerSecond),
    ms(p50Ms),
    ms(p99Ms),
    retriedPerSecond > 0 ? style.yellow(rate(retriedPerSecond)) : style.dim("0"),
    dead > 0 ? style.red(count(dead)) : style.dim("0"),
  ]);
  if (rows.length === 0) return [style.dim("no message has been handled yet")];
  return columns(["actor or connector", "per second", "p50", "p99", "retried/s", "dead"], rows, RIGHT_TARGETS, style);
}

function renderTrouble(findings: readonly Finding[], width: number, style: Style): readonly string[] {
  return findings.slice(0, 8).flatMap(({ severity, text, next }) => {
    const mark = severity === "problem" ? style.red("✗") : style.yellow("!");
    const line = `${mark} ${cutTo(text, width - 2)}`;
    return next === null ? [line] : [line, `  ${style.cyan(cutTo(next, width - 2))}`];
  });
}

const RIGHT_WORKERS: ReadonlySet<number> = new Set([2, 3, 4, 5]);
const RIGHT_TARGETS: ReadonlySet<number> = new Set([1, 2, 3, 4, 5]);

/** A table whose numbers stand at the right of their columns. */
function columns(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number>,
  style: Style,
): readonly string[] {
  const widths = head.map((cell, i) => Math.max(visibleWidth(cell), ...rows.map((row) => visibleWidth(row[i] ?? ""))));
  const line = (row: readonly string[], paint: (text: string) => string) =>
    row
      .map((cell, i) => {
        const room = widths[i] as number;
        return right.has(i) ? " ".repeat(room - visibleWidth(cell)) + paint(cell) : padEnd(paint(cell), room);
      })
      .join("  ")
      .trimEnd();
  return [line(head, style.dim), ...rows.map((row) => line(row, (text) => text))];
}

function spread(left: string, right: string, width: number): string {
  return left + " ".repeat(Math.max(1, width - visibleWidth(left) - visibleWidth(right))) + right;
}

function rate(perSecond: number): string {
  return count(perSecond < 10 ? Math.round(perSecond * 10) / 10 : Math.round(perSecond));
}

function ms(value: number | null): string {
  return value === null ? "–" : took(value);
}
