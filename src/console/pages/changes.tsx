/** Everything that changed in the node: deploys, recycles, ends and starts of its processes. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Mark } from "../../node/index.ts";
import { dateTime, plural } from "../format.ts";
import type { Live } from "../live.ts";
import { Ago } from "../parts/ago.tsx";
import { Empty } from "../parts/empty.tsx";
import { MarkGlyph } from "../parts/mark-glyph.tsx";
import { MarkTrack } from "../parts/mark-track.tsx";

const HOUR_MS = 3_600_000;
const NAMES: Readonly<Record<Mark["kind"], string>> = {
  deploy: "Deploys",
  recycle: "Recycles",
  crash: "Crashes",
  start: "Starts",
  lease: "Leases",
  breaker: "Breakers",
  store: "Store",
};

export function ChangesPage({ live }: { readonly live: Live }): VNode {
  const [only, setOnly] = useState<Mark["kind"]>();
  const kinds = [...new Set(live.marks.map(({ kind }) => kind))];
  const marks = live.marks.filter(({ kind }) => only === undefined || kind === only).reverse();
  const oldest = Math.max(live.startedAtMs, live.nowMs - 3 * HOUR_MS);
  return (
    <div class="page">
      <div class="page-head">
        <h1>Changes</h1>
        <p class="soft">{plural(live.marks.length, "change")} since this node was started</p>
      </div>
      <section class="panel">
        <MarkTrack fromMs={oldest} toMs={live.nowMs} marks={marks} />
      </section>
      {kinds.length > 1 && (
        <fieldset class="filters">
          <legend class="visually-hidden">Kinds</legend>
          <button type="button" aria-pressed={only === undefined} onClick={() => setOnly(undefined)}>
            All
          </button>
          {kinds.map((kind) => (
            <button key={kind} type="button" aria-pressed={kind === only} onClick={() => setOnly(kind)}>
              <MarkGlyph kind={kind} /> {NAMES[kind]}
            </button>
          ))}
        </fieldset>
      )}
      {marks.length === 0 ? (
        <Empty title="Nothing has changed since the start">
          Deploys, recycles, crashes and restarts are kept here while the node runs.
        </Empty>
      ) : (
        <section class="panel flush">
          <ol class="change-list">
            {marks.map(({ atMs, kind, subject, text }) => (
              <li key={`${atMs}${subject}${text}`}>
                <span class="soft">{dateTime(atMs)}</span>
                <MarkGlyph kind={kind} />
                <span>
                  <b>{subject}</b> {text}
                </span>
                <Ago atMs={atMs} />
              </li>
            ))}
          </ol>
        </section>
      )}
    </div>
  );
}
