import type { VNode } from "preact";
import { span } from "../format.ts";
import type { Live } from "../live.ts";
import { Godwit } from "../parts/icons.tsx";
import { hrefOf, PAGE_NAMES } from "../router.ts";

const WORDS = { ok: "All well", warning: "Something needs a look", down: "Not working" } as const;

/** The answer to the first question at night: is it well, and if not, why not. */
export function HealthLine({ live }: { readonly live: Live }): VNode {
  const { status, reasons } = live.pulse.health;
  return (
    <section class="health-line" data-status={status} aria-label="Health">
      <Godwit size={30} />
      <p class="health-word">{WORDS[status]}</p>
      <ul>
        {reasons.map(({ text, page }) => {
          const target = PAGE_NAMES.find((name) => name === page);
          return <li key={text}>{target ? <a href={hrefOf(target)}>{text}</a> : text}</li>;
        })}
      </ul>
      <p class="aloft">
        In the air for <b>{span(live.nowMs - live.startedAtMs)}</b>
      </p>
    </section>
  );
}
