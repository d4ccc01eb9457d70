/** Light, dark, or as the system is. A choice is kept in this browser. */
export type Theme = "system" | "light" | "dark";

export const THEMES: readonly Theme[] = ["system", "light", "dark"];
const STORED = "godwit-console-theme";
const CHANGED = "godwit-theme";

export function savedTheme(): Theme {
  const saved = localStorage.getItem(STORED);
  return THEMES.find((theme) => theme === saved) ?? "system";
}

export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  localStorage.setItem(STORED, theme);
  dispatchEvent(new Event(CHANGED));
}

/** Calls back when colours have changed, by choice or by the system. Returns the way to stop it. */
export function onThemeChange(callback: () => void): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", callback);
  addEventListener(CHANGED, callback);
  return () => {
    system.removeEventListener("change", callback);
    removeEventListener(CHANGED, callback);
  };
}

/** Custom properties as colours that a canvas understands. */
export function resolveColors<Name extends string>(names: readonly Name[]): Readonly<Record<Name, string>> {
  const probe = document.body.appendChild(document.createElement("i"));
  const colors = names.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(colors);
}
