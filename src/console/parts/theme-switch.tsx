import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { applyTheme, savedTheme, THEMES } from "../theme.ts";
import { Icon } from "./icons.tsx";

const NAMES = { system: "as the system", light: "light", dark: "dark" } as const;

/** One button that goes through the three. */
export function ThemeSwitch(): VNode {
  const [theme, setTheme] = useState(savedTheme);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
  const choose = () => {
    applyTheme(next);
    setTheme(next);
  };
  const label = `Colours: ${NAMES[theme]}. Change to ${NAMES[next]}`;
  return (
    <button type="button" class="rail-tool" title={label} aria-label={label} onClick={choose}>
      <Icon name={theme} />
    </button>
  );
}
