/** One plot of the time axis: uPlot, in the console's colours, moving once a second. */
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { onThemeChange } from "../theme.ts";
import { createPlot, type PlotProps } from "./plot-options.ts";

export function Plot(props: PlotProps): VNode {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const [hovered, setHovered] = useState<number | null>(null);
  const [palette, setPalette] = useState(0);

  useEffect(() => onThemeChange(() => setPalette((count) => count + 1)), []);
  useEffect(() => {
    const parent = box.current as HTMLDivElement;
    const created = createPlot(parent, () => latest.current, setHovered);
    plot.current = created;
    const watch = new ResizeObserver(() => created.setSize({ width: parent.clientWidth, height: props.heightPx }));
    watch.observe(parent);
    return () => {
      watch.disconnect();
      created.destroy();
    };
  }, [palette, props.heightPx, props.hasTimes]);
  useEffect(() => {
    plot.current?.setData(plotData(props), false);
    plot.current?.setScale("x", { min: props.fromMs / 1_000, max: props.toMs / 1_000 });
  }, [props.columns, props.fromMs, props.toMs, props.marks]);

  const index = hovered ?? (props.columns[0]?.length ?? 0) - 1;
  return (
    <figure class="plot">
      <figcaption>
        <span class="plot-title">
          {props.title} <span class="soft">{props.unit}</span>
        </span>
        <span class="plot-legend">
          {props.series.map(({ label, color }, at) => (
            <span key={label} class="plot-key" data-color={color}>
              <i /> {label} <b>{props.format(props.columns[at + 1]?.[index] ?? null)}</b>
            </span>
          ))}
        </span>
      </figcaption>
      <div ref={box} class="plot-box" />
    </figure>
  );
}

/** uPlot counts time in seconds. */
function plotData({ columns: [times = [], ...values] }: PlotProps): uPlot.AlignedData {
  return [times.map((ms) => (ms ?? 0) / 1_000), ...values] as uPlot.AlignedData;
}
