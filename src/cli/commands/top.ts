import { SECOND } from "../../core/index.ts";
import { type Ask, NODE_OPTIONS, withNode } from "../ask-node.ts";
import { type Command, EXIT, type Invocation } from "../command.ts";
import type { Terminal } from "../terminal.ts";
import { type Figures, figuresOf, type Reading } from "../top/figures.ts";
import { renderTop } from "../top/screen.ts";

/** `godwit top`: what the node does, live. */
export const topCommand: Command = {
  name: "top",
  summary: "Watch what the node does, live in the terminal",
  details:
    "Rates and percentiles of the last second, workers, actors, and what is wrong. q or Ctrl-C ends it. --once prints one screen of one second and ends; --json prints its figures.",
  arguments: [],
  options: [{ name: "once", description: "Print one screen and end." }, ...NODE_OPTIONS],
  examples: [{ line: "godwit top", meaning: "live" }],
  run: (invocation, terminal) => withNode(invocation, terminal, (ask) => top(ask, invocation, terminal)),
};

const INTERVAL_MS: number = SECOND;
const KEPT = 120;

// ECMA-48 and xterm: the alternate screen, the cursor, the rest of a line and of the screen.
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

async function top(ask: Ask, invocation: Invocation, terminal: Terminal): Promise<number> {
  const live = process.stdout.isTTY && !invocation.json && !invocation.switches.has("once");
  return live ? watch(ask, terminal) : once(ask, invocation, terminal);
}

async function once(ask: Ask, invocation: Invocation, terminal: Terminal): Promise<number> {
  const before = await read(ask);
  await Bun.sleep(INTERVAL_MS);
  const after = await read(ask);
  const figures = figuresOf(before, after);
  if (invocation.json) {
    terminal.out(JSON.stringify({ figures, findings: after.health.findings }));
    return EXIT.ok;
  }
  const frame = { reading: after, figures, processed: [figures.processedPerSecond], nowMs: Date.now() };
  const size = { columns: terminal.width, rows: Number.POSITIVE_INFINITY };
  for (const line of renderTop(frame, size, terminal.style)) terminal.out(line);
  return EXIT.ok;
}

async function watch(ask: Ask, terminal: Terminal): Promise<number> {
  const ended = untilQuit();
  process.stdout.write(ENTER);
  try {
    let before = await read(ask);
    const processed: number[] = [];
    for (;;) {
      const quit = await Promise.race([
        ended.promise,
        Bun.sleep(before.metrics.samples.length > 0 ? INTERVAL_MS : 100),
      ]);
      if (quit === "quit") return EXIT.ok;
      const after = await read(ask);
      const figures = figuresOf(before, after);
      processed.push(figures.processedPerSecond);
      if (processed.length > KEPT) processed.shift();
      draw(after, figures, processed, terminal);
      before = after;
    }
  } finally {
    ended.dispose();
    process.stdout.write(LEAVE);
  }
}

async function read(ask: Ask): Promise<Reading> {
  const [node, health, metrics] = await Promise.all([ask("node"), ask("health"), ask("metrics")]);
  return { node, health, metrics };
}

/** Overwrites the screen line by line, which does not flicker. */
function draw(reading: Reading, figures: Figures, processed: readonly number[], { style }: Terminal): void {
  const { columns = 80, rows = 24 } = process.stdout;
  const lines = renderTop({ reading, figures, processed, nowMs: Date.now() }, { columns, rows }, style);
  const foot = style.dim(` q quits · godwit doctor says what to do`);
  const filled = [...lines, ...new Array(Math.max(0, rows - 1 - lines.length)).fill(""), foot];
  process.stdout.write(`${HOME}${filled.map((line) => line + CLEAR_LINE).join("\n")}${CLEAR_BELOW}`);
}

/** Resolves on q, Ctrl-C, or a signal to end. */
function untilQuit(): { readonly promise: Promise<"quit">; dispose(): void } {
  const { promise, resolve } = Promise.withResolvers<"quit">();
  const quit = () => resolve("quit");
  const onKey = (key: Buffer) => {
    if (key.includes("q") || key.includes("\x03")) quit();
  };
  const { stdin } = process;
  if (stdin.isTTY) stdin.setRawMode(true);
  stdin.resume();
  stdin.on("data", onKey);
  process.once("SIGINT", quit);
  process.once("SIGTERM", quit);
  return {
    promise,
    dispose: () => {
      stdin.off("data", onKey);
      if (stdin.isTTY) stdin.setRawMode(false);
      stdin.pause();
    },
  };
}
