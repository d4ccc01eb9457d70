import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";

const KEYS: readonly (readonly [keys: readonly string[], meaning: string])[] = [
  [["/"], "Find a key or a message"],
  [["1", "…", "8"], "Go to a page, in the order of the menu"],
  [["j", "k"], "Next and previous row"],
  [["Esc"], "Back to the list, out of a field or dialog"],
  [["r"], "Redrive the selected dead letter"],
  [["d"], "Discard the selected dead letter"],
  [["?"], "This list"],
];

export function HelpDialog({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
  }, [isOpen]);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="help-title" onClose={onClose}>
      <form method="dialog">
        <h2 id="help-title">Keyboard</h2>
        <dl class="help-keys">
          {KEYS.map(([keys, meaning]) => (
            <div key={meaning}>
              <dt>{keys.map((key) => (key === "…" ? " … " : <kbd key={key}>{key}</kbd>))}</dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
        <div class="dialog-actions">
          <button type="submit" class="button primary">
            Close
          </button>
        </div>
      </form>
    </dialog>
  );
}
