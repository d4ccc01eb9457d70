/**
 * An error that nobody caught ends the worker: what it left half done in memory is unknown, and the store is right. Its words go to stderr last,
 * and few, so that the node can quote them as the reason of the end.
 */
const STACK_LINES = 7;
const EXIT_UNCAUGHT = 1;

export function dieOfUncaughtErrors(): void {
  const die = (thrown: unknown) => {
    process.stderr.write(`${lastWords(thrown)}\n`);
    process.exit(EXIT_UNCAUGHT);
  };
  process.on("uncaughtException", die);
  process.on("unhandledRejection", die);
}

function lastWords(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `uncaught: ${String(thrown)}`;
  const [, ...frames] = (thrown.stack ?? "").slice(`${thrown.name}: ${thrown.message}`.length).split("\n");
  return [`uncaught ${thrown.name}: ${thrown.message}`, ...frames.slice(0, STACK_LINES - 1)].join("\n");
}
