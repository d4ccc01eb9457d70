import { describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Events, ManualClock, MINUTE } from "../../core/index.ts";
import type { GuardedProcess } from "./block-guard.ts";
import { ChildProcess } from "./child-process.ts";
import { MemoryCurve } from "./memory-curve.ts";
import { MemoryGuard, type Outgrown } from "./memory-guard.ts";
import { memoryLimitBytes } from "./memory-limit.ts";
import { proportionalBytes, residentBytes } from "./memory-usage.ts";

const MIB = 2 ** 20;

function fakeProcess(pid: number): GuardedProcess & { end(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { pid, exited: promise, kill: () => resolve(), end: () => resolve() };
}

describe("MemoryGuard", () => {
  function guarded(usage: () => number): { clock: ManualClock; asked: Outgrown[]; events: Events; guard: MemoryGuard } {
    const clock = new ManualClock();
    const events = new Events();
    const asked: Outgrown[] = [];
    const guard = new MemoryGuard({
      events,
      clock,
      limitBytes: 100 * MIB,
      usedBytes: async () => usage(),
      onOutgrown: (outgrown) => void asked.push(outgrown),
    });
    return { clock, asked, events, guard };
  }

  test("asks for a replacement when the limit is passed, with the curve that led there", async () => {
    let used = 60 * MIB;
    const { clock, asked, events, guard } = guarded(() => used);
    const announced: unknown[] = [];
    events.on("process.outgrown", (payload) => announced.push(payload));
    const process = fakeProcess(7);
    guard.watch("node/worker-1", process);
    guard.start();
    await clock.advanceAsync(10_000);
    expect(asked).toEqual([]);
    used = 130 * MIB;
    await clock.advanceAsync(5_000);
    expect(asked).toMatchObject([{ path: "node/worker-1", process, reason: "uses 130 MiB of 100 MiB" }]);
    expect(asked[0]?.curve.map((point) => point.bytes / MIB)).toEqual([60, 60, 130]);
    expect(announced).toMatchObject([{ pid: 7, usedBytes: 130 * MIB, limitBytes: 100 * MIB }]);
  });

  test("asks at most once a minute, however many processes have outgrown their limit", async () => {
    const { clock, asked, guard } = guarded(() => 200 * MIB);
    for (const pid of [1, 2, 3]) guard.watch(`node/worker-${pid}`, fakeProcess(pid));
    guard.start();
    await clock.advanceAsync(MINUTE);
    expect(asked).toHaveLength(1);
    await clock.advanceAsync(2 * MINUTE);
    expect(asked).toHaveLength(3);
    expect(guard.asked).toBe(3);
  });

  test("forgets a process that has ended", async () => {
    const { clock, asked, guard } = guarded(() => 200 * MIB);
    const process = fakeProcess(1);
    guard.watch("w", process);
    guard.start();
    process.end();
    await clock.advanceAsync(5_000);
    expect(asked).toEqual([]);
    guard.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  test("a replacement that fails is reported, and asked for again", async () => {
    const clock = new ManualClock();
    const events = new Events();
    const caught: unknown[] = [];
    events.on("error.caught", (payload) => caught.push(payload));
    const guard = new MemoryGuard({
      events,
      clock,
      limitBytes: 1,
      usedBytes: async () => 2,
      onOutgrown: () => Promise.reject(new Error("no room for another")),
    });
    guard.watch("w", fakeProcess(1));
    guard.start();
    await clock.advanceAsync(MINUTE + 5_000);
    expect(caught).toMatchObject([{ stage: "replace w" }, { stage: "replace w" }]);
  });

  test("measures a real process that fills its memory", async () => {
    const events = new Events();
    const script = `globalThis.held = Buffer.alloc(${150 * MIB}, 1); console.log("full"); setInterval(() => {}, 1000)`;
    const process: ChildProcess = new ChildProcess({
      path: "test/hog",
      command: [globalThis.process.execPath, "-e", script],
      ready: "told",
      onLine: () => process.markReady(),
    });
    const { promise, resolve } = Promise.withResolvers<Outgrown>();
    const guard = new MemoryGuard({ events, limitBytes: 120 * MIB, intervalMs: 5, onOutgrown: resolve });
    await process.start();
    guard.watch("test/hog", process);
    guard.start();
    const outgrown = await promise;
    expect(outgrown.usedBytes).toBeGreaterThan(150 * MIB);
    guard.stop();
    await process.stop();
  });
});

describe("memory usage", () => {
  test("of this process is what the runtime says it is, to the order", async () => {
    const resident = (await residentBytes(process.pid)) ?? 0;
    expect(resident).toBeGreaterThan(process.memoryUsage.rss() / 2);
    expect(resident).toBeLessThan(process.memoryUsage.rss() * 2);
    if (process.platform === "linux") expect(await proportionalBytes(process.pid)).toBeLessThanOrEqual(resident * 1.1);
  });

  test("of a process that is gone is unknown", async () => {
    expect(await residentBytes(2 ** 22 + 1)).toBeUndefined();
  });
});

describe("a memory curve", () => {
  test("keeps a whole life in a bounded number of points, the first and the last among them", () => {
    const curve = new MemoryCurve(8);
    for (let atMs = 0; atMs < 1_000; atMs++) curve.add({ atMs, bytes: atMs });
    expect(curve.points.length).toBeLessThanOrEqual(9);
    expect(curve.points.at(0)?.atMs).toBe(0);
    expect(curve.points.at(-1)?.atMs).toBe(999);
    const steps = curve.points.slice(1, -1).map((point, index) => point.atMs - (curve.points[index]?.atMs ?? 0));
    expect(new Set(steps).size).toBe(1);
  });
});

describe("memoryLimitBytes", () => {
  async function machine(files: Readonly<Record<string, string>>): Promise<AsyncDisposable & { root: string }> {
    const root = await mkdtemp(join(tmpdir(), "godwit-cgroup-"));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), text);
    }
    return { root, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
  }

  test("is the share of the tightest cgroup v2 limit, those above it included", async () => {
    await using at = await machine({
      "proc/self/cgroup": "0::/kubepods/pod7\n",
      "sys/fs/cgroup/kubepods/memory.max": `${1_000 * MIB}\n`,
      "sys/fs/cgroup/kubepods/pod7/memory.max": "max\n",
    });
    const budget = { root: at.root, machineBytes: 8_000 * MIB, share: 0.5 };
    expect(memoryLimitBytes({ ...budget, processes: 2 })).toBe(250 * MIB);
  });

  test("is the share of the cgroup v1 limit, which in a container stands at the mount's top", async () => {
    await using at = await machine({
      "proc/self/cgroup": "9:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": `${512 * MIB}\n`,
    });
    expect(memoryLimitBytes({ root: at.root, machineBytes: 8_000 * MIB, share: 1 })).toBe(512 * MIB);
  });

  test("is the share of the machine's memory without a cgroup, or with one that has no limit", async () => {
    await using at = await machine({
      "proc/self/cgroup": "4:memory:/\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    });
    expect(memoryLimitBytes({ root: at.root, machineBytes: 1_000, share: 0.7 })).toBe(700);
    expect(memoryLimitBytes({ root: "/nowhere", machineBytes: 1_000, share: 0.7 })).toBe(700);
  });
});
