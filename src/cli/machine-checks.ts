/** What `doctor` looks at by itself: the machine under the node. Whatever cannot be read here (another system than Linux) is not claimed. */
import { existsSync } from "node:fs";
import { readdir, readFile, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { bytes, count } from "./units.ts";

export interface Check {
  readonly check: string;
  readonly severity: "ok" | "warning" | "problem";
  readonly text: string;
  readonly advice: string | null;
}

/** The oldest runtime that Godwit is tested on. */
const LEAST_BUN = "1.4.5";
/** A socket takes one file; below this a busy node runs out. */
const ADVISED_FILES = 65_536;
const LEAST_FILES = 4_096;
const GIGABYTE = 1024 ** 3;
const SCARCE_BYTES: number = GIGABYTE;
const FULL_BYTES: number = GIGABYTE / 5;

/** `nodePid` of the running node; without one this process stands in for it. */
export function checkMachine(dataFolder: string, nodePid: number | undefined): Promise<readonly Check[]> {
  return Promise.all([checkRuntime(Bun.version), checkFiles(nodePid ?? process.pid), checkDisk(dataFolder)]);
}

export async function checkRuntime(version: string): Promise<Check> {
  const old = Bun.semver.order(version, LEAST_BUN) < 0;
  return {
    check: "runtime",
    severity: old ? "problem" : "ok",
    text: `Bun ${version} on ${process.platform} ${process.arch}`,
    advice: old ? `Godwit is tested on Bun ${LEAST_BUN} and later: upgrade it.` : null,
  };
}

async function checkFiles(pid: number): Promise<Check> {
  const limits = await readFile(`/proc/${pid}/limits`, "utf8").catch(() => "");
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  const open = await readdir(`/proc/${pid}/fd`).catch(() => []);
  return judgeFiles(soft === undefined || soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft), open.length);
}

export function judgeFiles(limit: number, open: number): Check {
  const check = "open-files";
  const text = `${count(open)} open files of ${Number.isFinite(limit) ? count(limit) : "any number"}`;
  if (open > limit * 0.9 || limit < LEAST_FILES) {
    return {
      check,
      severity: "problem",
      text,
      advice: `Raise the limit for the node: ulimit -n ${ADVISED_FILES}, or LimitNOFILE in its unit.`,
    };
  }
  if (limit < ADVISED_FILES) {
    return {
      check,
      severity: "warning",
      text,
      advice: `Each socket takes one. For many, ulimit -n ${ADVISED_FILES}, or LimitNOFILE in its unit.`,
    };
  }
  return { check, severity: "ok", text, advice: null };
}

async function checkDisk(dataFolder: string): Promise<Check> {
  let folder = dataFolder;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  const { bavail, blocks, bsize } = await statfs(folder);
  return judgeDisk(bavail * bsize, blocks * bsize, dataFolder);
}

export function judgeDisk(free: number, whole: number, dataFolder: string): Check {
  const severity = free < FULL_BYTES ? "problem" : free < SCARCE_BYTES || free < whole * 0.05 ? "warning" : "ok";
  return {
    check: "disk",
    severity,
    text: `${bytes(free)} free of ${bytes(whole)} under ${dataFolder}`,
    advice: severity === "ok" ? null : "A full disk stops the store: make room, or let the log be kept for less long.",
  };
}
