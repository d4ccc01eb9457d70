/** Health in one word and one colour, and where to look. */
import type { PulseHealth } from "../node/index.ts";
import { plural } from "./format.ts";
import type { Tone } from "./parts/chip.tsx";
import type { PageName } from "./router.ts";

export interface HealthWords {
  readonly tone: Extract<Tone, "good" | "warn" | "bad">;
  readonly long: string;
  readonly short: string;
}

export function healthWords({ ok, findings }: PulseHealth): HealthWords {
  if (!ok) {
    const problems = findings.filter(({ severity }) => severity === "problem").length;
    return { tone: "bad", long: "Needs you", short: plural(problems, "problem") };
  }
  if (findings.length === 0) return { tone: "good", long: "All well", short: "All well" };
  return { tone: "warn", long: "Well, but worth a look", short: plural(findings.length, "warning") };
}

const PAGES: Readonly<Record<string, PageName>> = {
  "dead-letters": "dead",
  lanes: "shards",
  shards: "shards",
  errors: "errors",
  workers: "tree",
};

/** The page that shows more of what was found. */
export function pageOf(check: string): PageName {
  const known = PAGES[check];
  if (known) return known;
  if (/^(?:service|process|supervisor)\./.test(check)) return "tree";
  return check.startsWith("handler.") || check === "channel.crashed" ? "errors" : "changes";
}
