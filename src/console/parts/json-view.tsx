import type { VNode } from "preact";
import { CopyButton } from "./copy-button.tsx";

/** More is cut: a body may have a megabyte, and nobody reads it here. */
const MAX_SHOWN = 20_000;
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b/g;

/** JSON text, laid out and coloured by kind of value. */
export function JsonView({ text, label }: { readonly text: string; readonly label: string }): VNode {
  const laidOut = layOut(text);
  return (
    <div class="code">
      <CopyButton text={laidOut} label={`Copy ${label}`} />
      <pre>{colour(laidOut.slice(0, MAX_SHOWN))}</pre>
      {laidOut.length > MAX_SHOWN && <p class="code-cut">The rest is not shown; the copy has all of it.</p>}
    </div>
  );
}

function layOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function colour(text: string): (string | VNode)[] {
  const parts: (string | VNode)[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [all, string, colon] = match;
    parts.push(text.slice(end, match.index));
    end = match.index + (string ?? all).length;
    const kind = string === undefined ? "literal" : colon === undefined ? "string" : "name";
    parts.push(<span class={`json-${kind}`}>{string ?? all}</span>);
  }
  return [...parts, text.slice(end)];
}
