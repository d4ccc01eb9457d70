/** On what the figures were made: one line for the table's head. */
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

export function describeMachine(): string {
  const [cpu] = cpus();
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  const kernel = readFileSync("/proc/sys/kernel/osrelease", "utf8").trim();
  const date = new Date().toISOString().slice(0, 16).replace("T", " ");
  return `${date} UTC · ${cpus().length} cores of ${cpu?.model.trim() ?? "?"}, ${memoryGiB} GiB · Linux ${kernel} · Bun ${Bun.version}`;
}
