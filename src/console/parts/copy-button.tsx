import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Icon } from "./icons.tsx";

const SHOWN_MS = 1_500;

/** Copies a text, and says so for a moment. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }): VNode {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  };
  return (
    <button type="button" class="copy" aria-label={isCopied ? "Copied" : label} title={label} onClick={copy}>
      <Icon name={isCopied ? "check" : "copy"} />
    </button>
  );
}
