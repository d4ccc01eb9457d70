import type { VNode } from "preact";

export interface FilterSelectProps {
  readonly label: string;
  /** The words for no filter. */
  readonly all: string;
  readonly choices: readonly string[];
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}

/** One of many. */
export function FilterSelect({ label, all, choices, value = "", onChange }: FilterSelectProps): VNode {
  return (
    <select
      class="field"
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
    >
      <option value="">{all}</option>
      {choices.map((choice) => (
        <option key={choice} value={choice}>
          {choice}
        </option>
      ))}
    </select>
  );
}
