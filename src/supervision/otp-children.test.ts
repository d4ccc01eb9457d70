import { describe, expect, test } from "bun:test";
import type { Restart } from "./child-spec.ts";
import { Bench, states } from "./fixtures/probe.ts";

/** The scenarios of OTP's supervisor_SUITE by name (erlang/otp, lib/stdlib/test/supervisor_SUITE.erl): children and how they end. */
describe("supervisor_SUITE: administration", () => {
  test("child_adm, extra_return: start, terminate, restart and delete, each refused where it does not fit", async () => {
    const bench = new Bench();
    const child = bench.child("child1");
    const supervisor = await bench.started({ children: [child] });
    const refused = (refusal: string): object => expect.objectContaining({ code: "child_refused", refusal });

    await expect(supervisor.startChild(child)).rejects.toEqual(refused("already-started"));
    await expect(supervisor.terminateChild("nobody")).rejects.toEqual(refused("not-found"));
    await expect(supervisor.restartChild("nobody")).rejects.toEqual(refused("not-found"));
    expect(() => supervisor.deleteChild("nobody")).toThrow(refused("not-found"));
    await expect(supervisor.restartChild("child1")).rejects.toEqual(refused("running"));
    expect(() => supervisor.deleteChild("child1")).toThrow(refused("running"));

    await supervisor.terminateChild("child1");
    expect(bench.latest("child1").ended).toBe(true);
    expect(states(supervisor)).toEqual(["child1:stopped"]);
    await supervisor.terminateChild("child1");
    await expect(supervisor.startChild(child)).rejects.toEqual(refused("already-present"));

    expect(await supervisor.restartChild("child1")).toBe(bench.latest("child1"));
    expect(supervisor.count()).toEqual({ children: 1, running: 1 });
    await supervisor.terminateChild("child1");
    supervisor.deleteChild("child1");
    expect(states(supervisor)).toEqual([]);
    await expect(supervisor.restartChild("child1")).rejects.toEqual(refused("not-found"));

    expect(await supervisor.startChild(child)).toBe(bench.latest("child1"));
    await supervisor.stop();
    await expect(supervisor.startChild(child)).rejects.toEqual(refused("not-running"));
  });

  test("terminating a child while it is added ends its start, and whoever waits for it hears so", async () => {
    const bench = new Bench();
    const supervisor = await bench.started();
    bench.onStart.set(
      "child1",
      ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    );
    const starting = supervisor.startChild(bench.child("child1"));
    const ending = supervisor.terminateChild("child1");
    await expect(starting).rejects.toMatchObject({ refusal: "terminated" });
    await ending;
    await supervisor.stop();
  });

  test("a child that is being terminated stays down, even when a sibling's restart would take it along", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({
      strategy: "rest-for-one",
      children: [bench.child("child1"), bench.child("child2")],
    });
    bench.latest("child2").obedient = false;
    const terminating = supervisor.terminateChild("child2");
    await bench.latest("child1").crash();
    await bench.clock.advanceAsync(1_000);
    await terminating;
    expect(states(supervisor)).toEqual(["child1:running", "child2:stopped"]);
    await supervisor.stop();
  });

  test("a child that is terminated while its start is being given up is not started again", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ children: [bench.child("child1", { startTimeoutMs: 500 })] });
    bench.onStart.set("child1", () => new Promise(() => undefined));
    await bench.latest("child1").crash();
    await bench.clock.advanceAsync(600);
    const terminating = supervisor.terminateChild("child1");
    bench.onStart.clear();
    await bench.clock.advanceAsync(900);
    await terminating;
    expect(states(supervisor)).toEqual(["child1:stopped"]);
    expect(bench.starts("child1")).toBe(1);
    await supervisor.stop();
  });

  test("a temporary child that waits for its first start gets it after the restart that overtook it", async () => {
    const bench = new Bench();
    const children = [bench.child("child1", { backoff: { atOnce: 0, baseMs: 1_000, capMs: 1_000 } })];
    const supervisor = await bench.started({ strategy: "one-for-all", intensity: 5, children });
    await bench.latest("child1").crash();
    const added = supervisor.startChild(bench.child("child2", { restart: "temporary" }));
    let failures = 1;
    bench.onStart.set("child1", () => (failures-- > 0 ? Promise.reject(new Error("once more")) : undefined));
    await bench.clock.advanceAsync(2_000);
    expect(await added).toBe(bench.latest("child2"));
    await supervisor.stop();
  });

  test("more children than the bound are refused as busy", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ maxChildren: 1, children: [bench.child("child1")] });
    await expect(supervisor.startChild(bench.child("child2"))).rejects.toMatchObject({ code: "busy", retryable: true });
    await supervisor.stop();
  });
});

describe("supervisor_SUITE: terminations", () => {
  type Ending = "normal" | "shutdown" | "abnormal";
  const outcomes: readonly [Restart, Ending, "restarted" | "stopped" | "forgotten"][] = [
    ["permanent", "normal", "restarted"],
    ["transient", "normal", "stopped"],
    ["temporary", "normal", "forgotten"],
    ["permanent", "shutdown", "restarted"],
    ["transient", "shutdown", "stopped"],
    ["temporary", "shutdown", "forgotten"],
    ["permanent", "abnormal", "restarted"],
    ["transient", "abnormal", "restarted"],
    ["temporary", "abnormal", "forgotten"],
  ];
  for (const [restart, ending, outcome] of outcomes) {
    test(`${restart}_${ending}: the child is ${outcome}`, async () => {
      const bench = new Bench();
      const supervisor = await bench.started();
      await supervisor.startChild(bench.child("child1", { restart }));
      const first = bench.latest("child1");
      await (ending === "abnormal" ? first.crash() : first.finish(ending));
      expect(states(supervisor)).toEqual(
        { restarted: ["child1:running"], stopped: ["child1:stopped"], forgotten: [] }[outcome],
      );
      expect(bench.starts("child1")).toBe(outcome === "restarted" ? 2 : 1);
      expect(bench.emitted).toContain("service.exited sup/child1");
      await supervisor.stop();
    });
  }

  test("an exited promise that rejects is an error", async () => {
    const bench = new Bench();
    const { promise, reject } = Promise.withResolvers<never>();
    const supervisor = await bench.started({
      children: [
        {
          id: "child1",
          restart: "transient",
          start: ({ restarts }) => ({ stop: () => undefined, ...(restarts === 0 && { exited: promise }) }),
        },
      ],
    });
    const back = bench.events.next("service.started");
    reject(new Error("lost its database"));
    await back;
    expect(supervisor.tree().children).toMatchObject([{ restarts: 1, lastError: { message: "lost its database" } }]);
    await supervisor.stop();
  });

  for (const restart of ["permanent", "transient", "temporary"] satisfies Restart[]) {
    test(`do_not_save_child_specs_for_temporary_children: a terminated ${restart} child`, async () => {
      const bench = new Bench();
      const child = bench.child("child1", { restart });
      const supervisor = await bench.started({ children: [child] });
      await supervisor.terminateChild("child1");
      expect(supervisor.count().children).toBe(restart === "temporary" ? 0 : 1);
      if (restart === "temporary") await supervisor.startChild(child);
      else await supervisor.restartChild("child1");
      expect(states(supervisor)).toEqual(["child1:running"]);
      await supervisor.stop();
    });
  }
});

describe("restart delays", () => {
  test("the first restart is at once, later ones wait longer and longer, and a good spell begins anew", async () => {
    const bench = new Bench();
    const backoff = { atOnce: 1, baseMs: 100, capMs: 300, resetAfterMs: 10_000 };
    const supervisor = await bench.started({
      intensity: Number.POSITIVE_INFINITY,
      children: [bench.child("child1", { backoff })],
    });
    const delays: number[] = [];
    bench.events.on("service.restarting", ({ delayMs }) => delays.push(delayMs));
    for (let round = 0; round < 5; round++) {
      await bench.latest("child1").crash();
      await bench.clock.advanceAsync(300);
    }
    await bench.clock.advanceAsync(10_000);
    await bench.latest("child1").crash();
    expect(delays).toEqual([0, 100, 200, 300, 300, 0]);
    await supervisor.stop();
    expect(bench.clock.pendingTimers).toBe(0);
  });

  test("one-for-all: nobody is started again before the delay of the one that failed is over", async () => {
    const bench = new Bench();
    const children = [bench.child("child1"), bench.child("child2", { backoff: { atOnce: 0, baseMs: 1_000 } })];
    const supervisor = await bench.started({ strategy: "one-for-all", children });
    await bench.latest("child2").crash();
    expect(states(supervisor)).toEqual(["child1:restarting", "child2:restarting"]);
    await bench.clock.advanceAsync(1_000);
    expect(states(supervisor)).toEqual(["child1:running", "child2:running"]);
    await supervisor.stop();
  });
});
