import type { VNode } from "preact";
import { plural, span } from "../format.ts";
import { healthWords, pageOf } from "../health.ts";
import type { Live } from "../live.ts";
import { Dot } from "../parts/chip.tsx";
import { Godwit } from "../parts/icons.tsx";
import { hrefOf } from "../router.ts";

const SHOWN = 4;
const WORKERS = "node/workers/";
/** Advice for the command line; the console's pages have buttons for it. */
const COMMAND = /--\w/;

/** The answer to the first question at night: is it well, and if not, why not. */
export function HealthLine({ live }: { readonly live: Live }): VNode {
  const { health } = live.pulse;
  const { tone, long } = healthWords(health);
  const rest = health.findings.length - SHOWN;
  return (
    <section class="health-line" data-tone={tone} aria-label="Health">
      <div class="health-head">
        <Godwit size={30} />
        <p class="health-word">{long}</p>
        <p class="aloft">
          In the air for <b>{span(live.nowMs - live.startedAtMs)}</b>
        </p>
      </div>
      {health.findings.length > 0 && (
        <ul class="findings">
          {health.findings.slice(0, SHOWN).map(({ severity, check, text, advice }) => (
            <li key={text}>
              <Dot tone={severity === "problem" ? "bad" : "warn"} />
              <p class="clip" title={text}>
                <a href={hrefOf(pageOf(check))}>{text.replaceAll(WORKERS, "")}</a>{" "}
                {!COMMAND.test(advice) && <span class="soft">{advice}</span>}
              </p>
            </li>
          ))}
          {rest > 0 && <li class="soft">And {plural(rest, "more finding")}: godwit doctor lists them.</li>}
        </ul>
      )}
    </section>
  );
}
