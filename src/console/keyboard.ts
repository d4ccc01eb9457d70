/** Keys for those who do not want to reach for the mouse. */
import { useEffect } from "preact/hooks";

export type Shortcuts = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/** While mounted, and while nobody types or a dialog is open. Keys as in `KeyboardEvent.key`. */
export function useShortcuts(shortcuts: Shortcuts): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const shortcut = shortcuts[event.key];
      if (!shortcut || event.metaKey || event.ctrlKey || event.altKey || isTyping(event)) return;
      if (document.querySelector("dialog[open]")) return;
      shortcut(event);
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  });
}

function isTyping({ target, key }: KeyboardEvent): boolean {
  const isField = target instanceof HTMLElement && target.matches("input, textarea, select");
  return isField && key !== "Escape";
}

/** `j` and `k` through rows, in their order. */
export function useRowKeys(ids: readonly string[], selected: string | undefined, select: (id: string) => void): void {
  const move = (step: number) => {
    const index = selected === undefined ? -1 : ids.indexOf(selected);
    const next = ids[Math.min(ids.length - 1, Math.max(0, index + step))];
    if (next === undefined) return;
    select(next);
    requestAnimationFrame(() => document.querySelector('[data-selected="true"]')?.scrollIntoView({ block: "nearest" }));
  };
  useShortcuts({ j: () => move(1), k: () => move(-1) });
}
