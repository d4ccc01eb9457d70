/** What the node tells by itself, as one value: pure. */
import type { ConsoleHello, Mark, Pulse, PulsePoint, PulseSeries } from "../node/index.ts";
import type { ServiceTree } from "../supervision/index.ts";

export interface Live extends ConsoleHello {
  /** Of the newest pulse: plots and ages count from here, so that a wrong clock in the browser does not matter. */
  readonly nowMs: number;
}

export type LiveEvent =
  | { readonly kind: "hello"; readonly hello: ConsoleHello }
  | { readonly kind: "pulse"; readonly pulse: Pulse }
  | { readonly kind: "span"; readonly point: PulsePoint }
  | { readonly kind: "mark"; readonly mark: Mark }
  | { readonly kind: "tree"; readonly tree: ServiceTree };

const SECONDS_KEPT = 900;
const SPANS_KEPT = 1_080;
const MARKS_KEPT = 200;

export function liveReducer(live: Live | undefined, event: LiveEvent): Live | undefined {
  if (event.kind === "hello") return { ...event.hello, nowMs: event.hello.pulse.atMs };
  if (!live) return undefined;
  switch (event.kind) {
    case "pulse": {
      const { pulse } = event;
      return { ...live, pulse, nowMs: pulse.atMs, seconds: append(live.seconds, pulse, SECONDS_KEPT) };
    }
    case "span":
      return { ...live, spans: append(live.spans, event.point, SPANS_KEPT) };
    case "mark":
      return { ...live, marks: [...live.marks, event.mark].slice(-MARKS_KEPT) };
    case "tree":
      return { ...live, tree: event.tree };
  }
}

function append(series: PulseSeries, point: PulsePoint, most: number): PulseSeries {
  const columns = Object.entries(series).map(([name, values]) => [
    name,
    [...values, point[name as keyof PulseSeries]].slice(-most),
  ]);
  return Object.fromEntries(columns) as unknown as PulseSeries;
}
