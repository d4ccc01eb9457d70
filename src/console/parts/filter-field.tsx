import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";

export interface FilterFieldProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}

const QUIET_MS = 250;

/** A filter that follows what is typed, a moment later. */
export function FilterField({ label, value = "", onChange }: FilterFieldProps): VNode {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text.trim() || undefined), QUIET_MS);
    return () => clearTimeout(timer);
  }, [text, value]);
  return (
    <input
      class="field"
      type="search"
      aria-label={label}
      placeholder={label}
      value={text}
      spellcheck={false}
      autocomplete="off"
      onInput={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
    />
  );
}
