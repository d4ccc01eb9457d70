import { afterEach, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Events, SECOND, systemClock } from "../../core/index.ts";
import { Supervisor } from "../../supervision/index.ts";
import { ChildProcess, type ChildProcessOptions, processChild } from "./child-process.ts";

const running: ChildProcess[] = [];

afterEach(async () => {
  for (const child of running.splice(0)) {
    child.kill();
    await child.stop(0);
  }
});

function shell(script: string, options: Partial<ChildProcessOptions> = {}): ChildProcess {
  return child({ command: ["sh", "-c", script], ...options });
}

function bunChild(script: string, options: Partial<ChildProcessOptions> = {}): ChildProcess {
  return child({ command: [process.execPath, "-e", script], ...options });
}

function child(options: Partial<ChildProcessOptions> & { command: readonly string[] }): ChildProcess {
  const made = new ChildProcess({ path: "test/worker", ...options });
  running.push(made);
  return made;
}

/** A child that is ready when it has printed "ready". */
function talkative(script: string, options: Partial<ChildProcessOptions> = {}): ChildProcess {
  const made: ChildProcess = bunChild(script, {
    ready: "told",
    onLine: (line) => line === "ready" && made.markReady(),
    ...options,
  });
  return made;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("ChildProcess", () => {
  test("ends normally with exit code 0", async () => {
    const done = shell("exit 0");
    await done.start();
    expect(await done.exited).toEqual({ kind: "normal" });
    expect(done.pid).toBeUndefined();
  });

  test("an exit code is named, and the last lines of the output are kept", async () => {
    const failing = shell("echo out; echo cause of death >&2; exit 3");
    await failing.start();
    const exit = await failing.exited;
    expect(exit).toMatchObject({ kind: "error", error: { code: "process_exited", exitCode: 3 } });
    expect(String(exit.kind === "error" && exit.error)).toContain("exit code 3\n");
    expect(failing.output).toContain("cause of death");
  });

  test("a signal is named", async () => {
    const killed = shell("kill -KILL $$");
    await killed.start();
    expect(await killed.exited).toMatchObject({ kind: "error", error: { signal: "SIGKILL", exitCode: undefined } });
  });

  test("an uncaught error shows in the exit's error", async () => {
    const crashing = bunChild('setTimeout(() => { throw new Error("boom in the worker") }, 0)');
    await crashing.start();
    const exit = await crashing.exited;
    expect(exit.kind === "error" && exit.error.message).toContain("boom in the worker");
  });

  test("no more than the last 16 KiB of the output are kept", async () => {
    const loud = shell("i=0; while [ $i -lt 3000 ]; do echo line number $i; i=$((i+1)); done; exit 1");
    await loud.start();
    await loud.exited;
    expect(loud.output.length).toBe(16 * 1024);
    expect(loud.output.endsWith("line number 2999\n")).toBe(true);
  });

  test("a command that does not exist fails to start, and says which", async () => {
    const missing = child({ command: ["godwit-no-such-command", "--flag"] });
    await expect(missing.start()).rejects.toMatchObject({ code: "process_not_started" });
    expect(await missing.exited).toMatchObject({
      error: { message: expect.stringContaining("godwit-no-such-command --flag") },
    });
  });

  test("a folder that does not exist fails to start", async () => {
    await expect(shell("true", { cwd: "/no/such/folder" }).start()).rejects.toMatchObject({
      code: "process_not_started",
    });
  });

  test("is ready when it has been told to be", async () => {
    const worker = talkative('console.log("ready"); setInterval(() => {}, 1000)');
    await worker.start();
    expect(worker.pid).toBeGreaterThan(0);
    await worker.stop();
    expect(await worker.exited).toEqual({ kind: "shutdown" });
  });

  test("ending before it is ready fails the start with what it said", async () => {
    const worker = talkative('console.error("no database"); process.exit(2)');
    await expect(worker.start()).rejects.toMatchObject({
      code: "process_not_ready",
      message: expect.stringMatching(/exit code 2[\s\S]*no database/),
    });
  });

  test("not being ready in time fails the start and kills it", async () => {
    const worker = talkative("setInterval(() => {}, 1000)", { readyTimeoutMs: 50 });
    const starting = worker.start();
    const { pid } = worker;
    await expect(starting).rejects.toMatchObject({ code: "process_not_ready" });
    expect(isAlive(pid as number)).toBe(false);
  });

  test("one that handles SIGTERM ends in its own way", async () => {
    const worker = talkative(
      'process.on("SIGTERM", () => { console.log("bye"); process.exit(0) }); setInterval(() => {}, 1000); console.log("ready")',
    );
    await worker.start();
    await worker.stop();
    expect(await worker.exited).toEqual({ kind: "shutdown" });
    expect(worker.output).toContain("bye");
  });

  test("one that ignores SIGTERM is killed at the deadline, and that is said", async () => {
    const worker = talkative('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("ready")');
    await worker.start();
    await worker.stop(100);
    expect(await worker.exited).toMatchObject({
      kind: "error",
      error: { signal: "SIGKILL", message: expect.stringContaining("having ignored its stop for 100 ms") },
    });
  });

  test("a blocked event loop cannot be stopped, but is killed at the deadline", async () => {
    const worker = talkative('process.on("SIGTERM", () => {}); console.log("ready"); while (true) {}');
    await worker.start();
    await worker.stop(50);
    expect((await worker.exited).kind).toBe("error");
  });

  test("kill with a reason gives that reason as the end", async () => {
    const worker = shell("sleep 100");
    await worker.start();
    const reason = new Error("it was blocked");
    worker.kill(reason);
    expect(await worker.exited).toEqual({ kind: "error", error: reason });
  });

  test("what it has started ends with it, even when it does not wait for it", async () => {
    await using folder = await temporaryFolder();
    const fifo = join(folder.path, "held");
    Bun.spawnSync(["mkfifo", fifo]);
    // Ends when nobody holds the other end any more: neither the process nor what it has started.
    const reader = Bun.spawn(["cat", fifo]);
    const parent = shell(`exec 3>${fifo}; sleep 100 & exit 4`);
    await parent.start();
    expect(await parent.exited).toMatchObject({ error: { exitCode: 4 } });
    expect(await reader.exited).toBe(0);
  });

  test("closing its own stdin early harms nobody", async () => {
    const worker = shell("exec 0<&-; sleep 100");
    await worker.start();
    await worker.stop();
    expect(await worker.exited).toEqual({ kind: "shutdown" });
  });

  test("a flood of output is read in bounded memory until its writer is killed", async () => {
    let lines = 0;
    const flood: ChildProcess = child({
      command: ["yes", "x".repeat(1_000)],
      onLine: () => {
        lines += 1;
        if (lines === 10_000) flood.kill();
      },
    });
    await flood.start();
    expect(await flood.exited).toMatchObject({ kind: "error", error: { signal: "SIGKILL" } });
    expect(flood.output.length).toBe(16 * 1024);
  });

  test("a line without end comes in pieces", async () => {
    const pieces: number[] = [];
    // Awaited by itself: on a busy machine the process ends before all of its output has been read.
    const read = Promise.withResolvers<void>();
    const onLine = (line: string): void => {
      pieces.push(line.length);
      if (pieces.reduce((sum, length) => sum + length, 0) === 200_000) read.resolve();
    };
    const endless = shell("head -c 200000 /dev/zero", { onLine });
    await endless.start();
    await Promise.all([endless.exited, read.promise]);
    expect(pieces.length).toBeGreaterThan(1);
  });

  test("stop is safe before the start, twice, and after the end", async () => {
    const never = shell("sleep 100");
    await never.stop();
    expect(await never.exited).toEqual({ kind: "shutdown" });
    await expect(never.start()).rejects.toMatchObject({ code: "process_not_ready" });
    const worker = shell("sleep 100");
    await worker.start();
    await Promise.all([worker.stop(), worker.stop()]);
    await worker.stop();
    worker.kill();
    expect(await worker.exited).toEqual({ kind: "shutdown" });
  });

  test("stopped while starting, the start fails and the process is gone", async () => {
    const worker = talkative("setInterval(() => {}, 1000)");
    const starting = worker.start();
    await worker.stop();
    await expect(starting).rejects.toMatchObject({ code: "process_not_ready" });
  });
});

describe("a child whose parent is killed", () => {
  const fixture = join(import.meta.dir, "fixtures", "parent.ts");

  for (const behaviour of ["idle", "blocked", "watching its stdin alone"]) {
    test(`ends with it, while it is ${behaviour}`, async () => {
      const parent = Bun.spawn([process.execPath, fixture, behaviour], { stdout: "pipe", stderr: "inherit" });
      const reader = parent.stdout.getReader();
      expect(new TextDecoder().decode((await reader.read()).value)).toBe("child is up\n");
      parent.kill("SIGKILL");
      // The child has inherited the parent's stdout: this stream ends when both are gone.
      expect((await reader.read()).done).toBe(true);
      await parent.exited;
    });
  }
});

describe("a process as a supervised child", () => {
  test("is restarted after a crash, with its pid in the tree, and stopped with its supervisor", async () => {
    const events = new Events(systemClock.wallMs);
    const pids: (number | undefined)[] = [];
    const supervisor = new Supervisor({
      path: "node",
      events,
      children: [processChild({ id: "worker" }, { command: ["sleep", "100"] })],
    });
    await supervisor.start();
    pids.push(supervisor.tree().children?.[0]?.pid);
    const back = events.next("service.started");
    process.kill(pids[0] as number, "SIGSEGV");
    await back;
    pids.push(supervisor.tree().children?.[0]?.pid);
    expect(pids[1]).not.toBe(pids[0]);
    expect(supervisor.tree().children?.[0]).toMatchObject({
      state: "running",
      restarts: 1,
      lastError: { name: "ProcessExitError", message: expect.stringContaining("SIGSEGV") },
    });
    await supervisor.stop();
    expect(isAlive(pids[1] as number)).toBe(false);
  });

  test("that never gets ready fails the supervisor's start", async () => {
    const command = ["sh", "-c", "echo cannot bind >&2; exit 7"];
    const supervisor = new Supervisor({
      path: "node",
      children: [processChild({ id: "worker" }, { command, ready: "told", readyTimeoutMs: 10 * SECOND })],
    });
    await expect(supervisor.start()).rejects.toMatchObject({
      code: "child_start_failed",
      message: expect.stringMatching(/node\/worker[\s\S]*exit code 7[\s\S]*cannot bind/),
    });
  });
});

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "godwit-process-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}
