import type { VNode } from "preact";
import type { Mark } from "../../node/index.ts";

const SHAPES: Readonly<Record<Mark["kind"], string>> = {
  deploy: "M8 2l6 6-6 6-6-6z",
  recycle: "M8 3a5 5 0 1 0 5 5M8 .5V5.5L11 3z",
  crash: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  start: "M4 3l9 5-9 5z",
  lease: "M3 8h10M9.5 4.5L13 8l-3.5 3.5",
  breaker: "M2 8h4l4-4M10 8h4",
  store: "M3 4h10v8H3z",
};

/** Each kind of change has a shape of its own, not just a colour. */
export function MarkGlyph({ kind }: { readonly kind: Mark["kind"] }): VNode {
  return (
    <svg class="glyph" data-kind={kind} viewBox="0 0 16 16" aria-hidden="true">
      <path d={SHAPES[kind]} />
    </svg>
  );
}
