import { readFile } from "node:fs/promises";

const KIB = 1024;

/** Physical memory of a process in bytes; `undefined` once it is gone. Linux: `VmRSS` of /proc; elsewhere `ps`. */
export async function residentBytes(pid: number): Promise<number | undefined> {
  return process.platform === "linux" ? kibOf(`/proc/${pid}/status`, "VmRSS") : residentByPs(pid);
}

/**
 * Its share of physical memory: pages that it shares with others are divided among them (PSS). Dearer to read than
 * `residentBytes`, as the kernel walks its page tables. Linux only; elsewhere, and where it may not be read, `undefined`.
 */
export async function proportionalBytes(pid: number): Promise<number | undefined> {
  return process.platform === "linux" ? kibOf(`/proc/${pid}/smaps_rollup`, "Pss") : undefined;
}

async function kibOf(file: string, field: string): Promise<number | undefined> {
  const text = await readFile(file, "utf8").catch(() => "");
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(text)?.[1];
  return kib === undefined ? undefined : Number(kib) * KIB;
}

async function residentByPs(pid: number): Promise<number | undefined> {
  const ps = Bun.spawn(["ps", "-o", "rss=", "-p", String(pid)], { stdout: "pipe", stderr: "ignore" });
  const kib = Number.parseInt(await new Response(ps.stdout).text(), 10);
  return Number.isNaN(kib) ? undefined : kib * KIB;
}
