import { describe, expect, test } from "bun:test";
import { Bench, states } from "./fixtures/probe.ts";

/** The scenarios of OTP's supervisor_SUITE by name (erlang/otp, lib/stdlib/test/supervisor_SUITE.erl): simple_one_for_one, our `dynamic`. */
describe("supervisor_SUITE: dynamic children", () => {
  test("simple_one_for_one: each is restarted alone, and the third failure within the window is the end", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ strategy: "dynamic" });
    await supervisor.startChild(bench.child("child1"));
    await supervisor.startChild(bench.child("child2"));
    const bystander = bench.latest("child2");
    await bench.latest("child1").crash();
    expect(supervisor.which("child2")).toBe(bystander);
    await bystander.crash();
    await bench.latest("child1").crash();
    expect(await supervisor.exited).toMatchObject({ kind: "error", error: { code: "supervisor_escalated" } });
    expect(bench.latest("child2").ended).toBe(true);
    expect(supervisor.count()).toEqual({ children: 0, running: 0 });
  });

  test("child_adm_simple: what has been terminated is forgotten; restart and delete are refused", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ strategy: "dynamic" });
    await supervisor.startChild(bench.child("child1"));
    await supervisor.startChild(bench.child("child2"));
    await expect(supervisor.restartChild("child1")).rejects.toMatchObject({ refusal: "dynamic" });
    expect(() => supervisor.deleteChild("child1")).toThrow(expect.objectContaining({ refusal: "dynamic" }));
    await supervisor.terminateChild("child1");
    expect(states(supervisor)).toEqual(["child2:running"]);
    await expect(supervisor.terminateChild("child1")).rejects.toMatchObject({ refusal: "not-found" });
    await supervisor.startChild(bench.child("child1"));
    expect(states(supervisor)).toEqual(["child2:running", "child1:running"]);
    await supervisor.stop();
  });

  test("simple_one_for_one_extra: the service of each start is handed to whoever asked for it", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ strategy: "dynamic" });
    expect(await supervisor.startChild(bench.child("child1"))).toBe(bench.latest("child1"));
    await supervisor.stop();
  });

  test("simple_one_for_one_shutdown: all are stopped side by side, and only those past their time are killed", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ strategy: "dynamic" });
    for (const id of ["quick", "slow1", "slow2"]) await supervisor.startChild(bench.child(id, { shutdown: 2_000 }));
    bench.latest("slow1").obedient = false;
    bench.latest("slow2").obedient = false;
    const stopping = supervisor.stop();
    await bench.clock.advanceAsync(1_000);
    bench.latest("slow1").end({ kind: "shutdown" });
    await bench.clock.advanceAsync(1_000);
    await stopping;
    expect(["quick", "slow1", "slow2"].map((id) => bench.latest(id).killed)).toEqual([false, false, true]);
  });

  test("simple_one_for_one_escalation: a child whose restarts fail takes its siblings with it", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ strategy: "dynamic", intensity: 4 });
    await supervisor.startChild(bench.child("child1"));
    await supervisor.startChild(bench.child("child2"));
    bench.onStart.set("child1", () => Promise.reject(new Error("no")));
    await bench.latest("child1").crash();
    expect((await supervisor.exited).kind).toBe("error");
    expect(bench.latest("child2").ended).toBe(true);
  });

  test("simple_one_for_one_restart_ignore: a child that has nothing to run any more is forgotten", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ strategy: "dynamic", intensity: 10 });
    await supervisor.startChild(bench.child("child1"));
    await bench.latest("child1").crash();
    expect(states(supervisor)).toEqual(["child1:running"]);
    bench.onStart.set("child1", () => "ignore");
    await bench.latest("child1").crash();
    expect(states(supervisor)).toEqual([]);
    await supervisor.stop();
  });

  test("hanging_restart_loop_simple: a child in its restart loop can be terminated", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ strategy: "dynamic", intensity: 8 });
    await supervisor.startChild(bench.child("child1", { backoff: { atOnce: 0, baseMs: 1_000 } }));
    bench.onStart.set("child1", () => Promise.reject(new Error("no")));
    await bench.latest("child1").crash();
    expect(states(supervisor)).toEqual(["child1:restarting"]);
    await supervisor.terminateChild("child1");
    expect(states(supervisor)).toEqual([]);
    expect(bench.clock.pendingTimers).toBe(0);
    await supervisor.stop();
  });

  test("count_children: says how many there are and how many run", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ strategy: "dynamic" });
    const ids = Array.from({ length: 1_000 }, (_, index) => `child${index}`);
    await Promise.all(ids.map((id) => supervisor.startChild(bench.child(id, { restart: "temporary" }))));
    expect(supervisor.count()).toEqual({ children: 1_000, running: 1_000 });
    await Promise.all(ids.map((id) => bench.latest(id).crash()));
    expect(supervisor.count()).toEqual({ children: 0, running: 0 });
    await supervisor.stop();
  });

  test("simple_one_for_one_scale_many_temporary_children: the work for one child does not grow with their number", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ strategy: "dynamic", maxChildren: 20_000 });
    const ids = Array.from({ length: 10_000 }, (_, index) => `child${index}`);
    await Promise.all(ids.map((id) => supervisor.startChild(bench.child(id, { restart: "temporary" }))));
    await Promise.all(ids.slice(0, 5_000).map((id) => supervisor.terminateChild(id)));
    expect(supervisor.count()).toEqual({ children: 5_000, running: 5_000 });
    await supervisor.stop();
    expect(bench.log).toHaveLength(20_000);
    expect(bench.clock.pendingTimers).toBe(0);
  });
});
