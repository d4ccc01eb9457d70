import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";

/** The part of the memory that the guarded processes may fill together: the rest is for the gateway, the page cache and the peak of a swap. */
const SHARE = 0.7;

export interface MemoryBudget {
  /** Processes that share it. Default 1. */
  readonly processes?: number;
  /** Default 0.7. */
  readonly share?: number;
  /** Root of the file system to read, for tests. Default `/`. */
  readonly root?: string;
  readonly machineBytes?: number;
}

/** What one process may use: its share of the cgroup's limit (v2 or v1), or of the machine's memory where there is none. */
export function memoryLimitBytes(budget: MemoryBudget = {}): number {
  const { processes = 1, share = SHARE, root = "/", machineBytes = totalmem() } = budget;
  const available = Math.min(machineBytes, ...cgroupLimits(root));
  return Math.floor((available * share) / processes);
}

/** Every memory limit that applies to this process: a group is bound by those above it too. */
function cgroupLimits(root: string): readonly number[] {
  const lines = read(join(root, "proc/self/cgroup")).split("\n");
  return lines.flatMap((line) => {
    const [id, controllers, path] = line.split(":");
    if (path === undefined) return [];
    if (id === "0") return limitsUpwards(join(root, "sys/fs/cgroup"), path, "memory.max");
    const isMemory = controllers?.split(",").includes("memory");
    return isMemory ? limitsUpwards(join(root, "sys/fs/cgroup/memory"), path, "memory.limit_in_bytes") : [];
  });
}

/** The limits of a group and of all above it. In a container the group's path may be the host's, and only the mount's top is there. */
function limitsUpwards(mount: string, group: string, file: string): readonly number[] {
  const parts = group.split("/").filter((part) => part !== "");
  const folders = [mount, ...parts.map((_, index) => join(mount, ...parts.slice(0, index + 1)))];
  return folders.map((folder) => Number.parseInt(read(join(folder, file)), 10)).filter((bytes) => bytes > 0);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
