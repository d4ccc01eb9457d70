import { describe, expect, test } from "bun:test";
import { EventEmitter } from "node:events";
import { ManualClock } from "../core/index.ts";
import type { NodeConfig, RunningNode } from "../node/index.ts";
import { resolveConfig } from "./config/resolve.ts";
import { runNode } from "./run-node.ts";
import { SAME_PRESS_MS } from "./stop-signals.ts";

const { config } = resolveConfig({ port: "4001", shutdownMs: "5 s" }, {});

/** A node that says when it is asked to stop, and ends when the test says so. */
function fakeNode() {
  const exit = Promise.withResolvers<number>();
  const stopCalled = Promise.withResolvers<void>();
  const node: RunningNode = {
    url: "http://127.0.0.1:4001",
    appName: "fake",
    tryThis: [],
    deploy: () => Promise.reject(new Error("no deploy is expected")),
    unfinished: () => ["2 HTTP requests", "m3-14 in w0"],
    exited: exit.promise,
    stop: async () => {
      stopCalled.resolve();
      await exit.promise;
    },
  };
  return { node, exit: exit.resolve, stopCalled: stopCalled.promise };
}

function start(startNode: (config: NodeConfig) => Promise<RunningNode>) {
  const signals = new EventEmitter();
  const clock = new ManualClock();
  const ready = Promise.withResolvers<RunningNode>();
  const said: string[] = [];
  const exitCode = runNode({
    config,
    startNode,
    onReady: ready.resolve,
    onStopping: (why) => void said.push(why),
    signals,
    clock,
  });
  return { exitCode, signals, clock, ready: ready.promise, said };
}

describe("a node in the foreground", () => {
  test("ends with the code that the node ends with", async () => {
    const { node, exit } = fakeNode();
    const run = start(async () => node);
    expect(await run.ready).toBe(node);
    exit(3);
    expect(await run.exitCode).toBe(3);
    expect(run.signals.eventNames()).toEqual([]);
  });

  test.each(["SIGTERM", "SIGINT"])("%s stops it, and it ends with 0", async (signal) => {
    const { node, exit, stopCalled } = fakeNode();
    const run = start(async () => node);
    await run.ready;
    run.signals.emit(signal);
    await stopCalled;
    exit(0);
    expect(await run.exitCode).toBe(0);
    expect(run.said).toEqual([expect.stringContaining("within 5 s")]);
    expect(run.clock.pendingTimers).toBe(0);
  });

  test("a signal during the start stops it as soon as it is up", async () => {
    const { node, exit, stopCalled } = fakeNode();
    const starting = Promise.withResolvers<RunningNode>();
    const run = start(() => starting.promise);
    run.signals.emit("SIGTERM");
    starting.resolve(node);
    await stopCalled;
    exit(0);
    expect(await run.exitCode).toBe(0);
  });

  test("a second signal forces the end; copies of the first press do not", async () => {
    const { node, stopCalled } = fakeNode();
    const run = start(async () => node);
    await run.ready;
    run.signals.emit("SIGINT");
    await stopCalled;
    run.clock.advance(SAME_PRESS_MS - 1);
    run.signals.emit("SIGINT");
    await run.clock.advanceAsync(1);
    expect(run.said).toHaveLength(1);
    run.signals.emit("SIGINT");
    expect(await run.exitCode).toBe(1);
    expect(run.said[1]).toStartWith("forced");
  });

  test("a stop past its deadline is cut, and is no success", async () => {
    const { node, stopCalled } = fakeNode();
    const run = start(async () => node);
    await run.ready;
    run.signals.emit("SIGTERM");
    await stopCalled;
    await run.clock.advanceAsync(5_000);
    expect(await run.exitCode).toBe(1);
    expect(run.said[1]).toBe("not done within 5 s; cut: 2 HTTP requests, m3-14 in w0");
  });

  test.each([
    ["EADDRINUSE", "port 4001 is in use on 127.0.0.1; choose another with --port"],
    ["EADDRNOTAVAIL", "this machine has no address 127.0.0.1; choose another with --host"],
  ])("a start refused with %s says what to do, also when the cause lies deeper", async (code, message) => {
    const refused = Object.assign(new Error("Failed to listen"), { code });
    expect(start(() => Promise.reject(refused)).exitCode).rejects.toThrow(message);
    expect(start(() => Promise.reject(new Error("gateway", { cause: refused }))).exitCode).rejects.toThrow(message);
  });

  test("any other failure of the start is passed on as it is", async () => {
    const failure = new TypeError("x");
    const run = start(() => Promise.reject(failure));
    expect(run.exitCode).rejects.toBe(failure);
    await run.exitCode.catch(() => {});
    expect(run.signals.eventNames()).toEqual([]);
  });
});
