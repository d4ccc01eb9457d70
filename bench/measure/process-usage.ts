/** What processes cost, read from Linux' /proc: CPU-seconds and resident memory. */
import { readdirSync, readFileSync } from "node:fs";

/** Of the kernel's clock in /proc/PID/stat; 100 on every Linux that matters. */
const TICKS_PER_SECOND = 100;
const KIB = 1_024;

/** CPU-seconds, user and system, that these processes have used since they began. One that is gone counts as 0. */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const fields = statFields(pid);
    if (fields) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_PER_SECOND;
}

/** CPU-seconds that all processes of the machine and its kernel have used since it began. */
export function machineCpuSeconds(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0] = (
    readFileSync("/proc/stat", "latin1").split("\n")[0] ?? ""
  )
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softIrq) / TICKS_PER_SECOND;
}

/** Resident memory in bytes, pages shared with other processes included; 0 when the process is gone. */
export function residentBytes(pid: number): number {
  return statusKiB(pid, "VmRSS") * KIB;
}

/** The most that was ever resident, in bytes. */
export function peakResidentBytes(pid: number): number {
  return statusKiB(pid, "VmHWM") * KIB;
}

/** Living processes whose parent is `pid`. */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => Number(statFields(candidate)?.[1]) === pid);
}

/** The fields after the process's name, which may itself hold spaces: state, parent, … */
function statFields(pid: number): readonly string[] | undefined {
  return readProc(pid, "stat")?.split(") ").at(-1)?.split(" ");
}

function statusKiB(pid: number, field: string): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(readProc(pid, "status") ?? "");
  return found ? Number(found[1]) : 0;
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return undefined; // It has ended.
  }
}
