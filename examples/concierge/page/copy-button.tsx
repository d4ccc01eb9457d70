import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { LinkIcon } from "./icons.tsx";

interface CopyButtonProps {
  readonly label: string;
  /** Asked when pressed. */
  readonly text: () => string;
}

const THANKS_MS = 1600;

export function CopyButton({ label, text }: CopyButtonProps): VNode {
  const [said, setSaid] = useState(label);
  async function copy(): Promise<void> {
    // Browsers give the clipboard to secure origins only; elsewhere the address bar and the mouse remain.
    const copied = await navigator.clipboard?.writeText(text()).then(
      () => true,
      () => false,
    );
    setSaid(copied ? "Copied" : "Not allowed here");
    setTimeout(() => setSaid(label), THANKS_MS);
  }
  return (
    <button type="button" class="tool" onClick={() => void copy()}>
      <LinkIcon />
      <span aria-live="polite">{said}</span>
    </button>
  );
}
