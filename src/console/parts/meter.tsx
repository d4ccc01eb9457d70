import type { VNode } from "preact";

export interface MeterProps {
  readonly value: number;
  /** Null: no limit; then there is nothing to fill. */
  readonly most: number | null;
  readonly text: string;
}

/** How much of a limit is used: a thin bar below the number. */
export function Meter({ value, most, text }: MeterProps): VNode {
  const share = most === null ? 0 : Math.min(1, value / most);
  return (
    <span class="meter" data-high={share > 0.85}>
      {text}
      {most !== null && (
        <i aria-hidden="true">
          <i style={{ width: `${share * 100}%` }} />
        </i>
      )}
    </span>
  );
}
