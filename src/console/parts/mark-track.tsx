import type { VNode } from "preact";
import type { Mark } from "../../node/index.ts";
import { clockTime } from "../format.ts";
import { hrefOf } from "../router.ts";
import { MarkGlyph } from "./mark-glyph.tsx";

export interface MarkTrackProps {
  readonly fromMs: number;
  readonly toMs: number;
  readonly marks: readonly Mark[];
}

/** The changes on the plots' own time axis. */
export function MarkTrack({ fromMs, toMs, marks }: MarkTrackProps): VNode {
  const shown = marks.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  return (
    <div class="track">
      <span class="track-name">Changes</span>
      <ol aria-label="Changes in this time">
        {shown.map(({ atMs, kind, subject, text }) => (
          <li key={`${atMs}${subject}${kind}`} style={{ left: `${((atMs - fromMs) / (toMs - fromMs)) * 100}%` }}>
            <a
              href={hrefOf("changes")}
              aria-label={`${clockTime(atMs)} ${subject} ${text}`}
              title={`${clockTime(atMs)}  ${subject} ${text}`}
            >
              <MarkGlyph kind={kind} />
            </a>
          </li>
        ))}
      </ol>
    </div>
  );
}
