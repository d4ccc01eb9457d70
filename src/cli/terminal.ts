/** Where a command writes: result lines to `out`, everything else to `err`. Injected, so that tests read what a person would see. */
import { createStyle, type Style } from "./style.ts";

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Columns; 80 where nobody knows. */
  readonly width: number;
  /** Colours of what goes to `out`. */
  readonly style: Style;
  out(text: string): void;
  err(text: string): void;
}

const DEFAULT_COLUMNS = 80;

/** This process's own terminal. */
export function processTerminal(): Terminal {
  const { env, stdout, stderr } = process;
  return {
    env,
    width: stdout.columns ?? DEFAULT_COLUMNS,
    style: createStyle(wantsColor(env, stdout.isTTY)),
    out: (text) => void stdout.write(`${text}\n`),
    err: (text) => void stderr.write(`${text}\n`),
  };
}

/** Colours only for a person's terminal. https://no-color.org: NO_COLOR, when not empty, switches them off. FORCE_COLOR switches them on. */
export function wantsColor(env: Terminal["env"], isTty: boolean): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR && env.FORCE_COLOR !== "0") return true;
  return isTty && env.TERM !== "dumb";
}
