import type { VNode } from "preact";
import type { Mark } from "../../node/index.ts";
import { Ago } from "./ago.tsx";
import { Empty } from "./empty.tsx";
import { MarkGlyph } from "./mark-glyph.tsx";

/** What has changed, newest first. */
export function MarkList({ marks }: { readonly marks: readonly Mark[] }): VNode {
  if (marks.length === 0) {
    return <Empty title="Nothing has changed">Deploys, restarts and recycles appear here, and on the plots.</Empty>;
  }
  return (
    <ol class="marks">
      {marks.map(({ kind, subject, text, atMs }) => (
        <li key={`${atMs}${subject}${text}`}>
          <MarkGlyph kind={kind} />
          <span class="mark-text">
            <b>{subject}</b> {text}
          </span>
          <Ago atMs={atMs} />
        </li>
      ))}
    </ol>
  );
}
