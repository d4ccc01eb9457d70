import { describe, expect, test } from "bun:test";
import { Bench, settled, states } from "./fixtures/probe.ts";
import type { Strategy } from "./plan.ts";

/** The scenarios of OTP's supervisor_SUITE by name (erlang/otp, lib/stdlib/test/supervisor_SUITE.erl): strategies and escalation. */
describe("supervisor_SUITE: strategies", () => {
  test("one_for_one: only the child that failed is restarted, and the third failure within the window is the end", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ children: [bench.child("child1"), bench.child("child2")] });
    const bystander = bench.latest("child2");
    await bench.latest("child1").crash();
    expect(supervisor.which("child2")).toBe(bystander);
    expect(supervisor.count()).toEqual({ children: 2, running: 2 });
    await bench.latest("child2").crash();
    await bench.latest("child1").crash("the last straw");
    expect(await supervisor.exited).toMatchObject({ kind: "error", error: { code: "supervisor_escalated" } });
    expect(supervisor.count().running).toBe(0);
    expect(bench.log.filter((entry) => entry.startsWith("+")).length).toBe(4);
  });

  test("one_for_one_escalation: a child whose restarts fail takes the supervisor and its siblings down", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ intensity: 4, children: [bench.child("child1"), bench.child("child2")] });
    bench.onStart.set("child1", () => Promise.reject(new Error("cannot start again")));
    await bench.latest("child1").crash();
    const exit = await supervisor.exited;
    expect(exit).toMatchObject({
      kind: "error",
      error: { code: "supervisor_escalated", cause: { message: "cannot start again" } },
    });
    expect(bench.latest("child2").ended).toBe(true);
    expect(bench.emitted).toContain("supervisor.escalated sup");
    expect(bench.emitted.filter((name) => name.startsWith("service.failed-to-start"))).toHaveLength(4);
  });

  test("one_for_all: all are stopped in reverse order and started in order", async () => {
    const bench = new Bench();
    const children = ["child1", "child2", "child3"].map((id) => bench.child(id));
    const supervisor = await bench.started({ strategy: "one-for-all", children });
    bench.log.length = 0;
    await bench.latest("child2").crash();
    expect(bench.log).toEqual(["-child2", "-child3", "-child1", "+child1", "+child2", "+child3"]);
    await bench.latest("child1").crash();
    await bench.latest("child1").crash();
    expect((await supervisor.exited).kind).toBe("error");
  });

  test("one_for_all_escalation: a sibling that does not start again ends the supervisor", async () => {
    const bench = new Bench();
    const children = [bench.child("child1"), bench.child("child2")];
    const supervisor = await bench.started({ strategy: "one-for-all", intensity: 4, children });
    bench.onStart.set("child2", () => Promise.reject(new Error("no")));
    await bench.latest("child1").crash();
    expect(await supervisor.exited).toMatchObject({ kind: "error", error: { code: "supervisor_escalated" } });
    expect(bench.latest("child1").ended).toBe(true);
  });

  test("one_for_all_other_child_fails_restart: those already started again are stopped before the next attempt", async () => {
    const bench = new Bench();
    const children = [bench.child("child1"), bench.child("child2")];
    const supervisor = await bench.started({ strategy: "one-for-all", intensity: 3, children });
    let failures = 1;
    bench.onStart.set("child2", () => (failures-- > 0 ? Promise.reject(new Error("once")) : undefined));
    bench.log.length = 0;
    await bench.latest("child1").crash();
    expect(bench.log).toEqual(["-child1", "-child2", "+child1", "-child1", "+child1", "+child2"]);
    expect(states(supervisor)).toEqual(["child1:running", "child2:running"]);
    await supervisor.stop();
  });

  test("rest_for_one: the failed child and those started after it are restarted, those before it are not", async () => {
    const bench = new Bench();
    const children = ["child1", "child2", "child3"].map((id) => bench.child(id));
    const supervisor = await bench.started({ strategy: "rest-for-one", children });
    const first = bench.latest("child1");
    bench.log.length = 0;
    await bench.latest("child2").crash();
    expect(bench.log).toEqual(["-child2", "-child3", "+child2", "+child3"]);
    expect(supervisor.which("child1")).toBe(first);
    await bench.latest("child3").crash();
    await bench.latest("child2").crash();
    expect((await supervisor.exited).kind).toBe("error");
  });

  test("rest_for_one_escalation: a later child that does not start again ends the supervisor", async () => {
    const bench = new Bench();
    const children = [bench.child("child1"), bench.child("child2")];
    const supervisor = await bench.started({ strategy: "rest-for-one", intensity: 4, children });
    bench.onStart.set("child2", () => Promise.reject(new Error("no")));
    await bench.latest("child1").crash();
    expect((await supervisor.exited).kind).toBe("error");
    expect(bench.latest("child1").ended).toBe(true);
  });

  test("rest_for_one_other_child_fails_restart: only the child whose start failed is tried again", async () => {
    const bench = new Bench();
    const children = [bench.child("child1"), bench.child("child2")];
    const supervisor = await bench.started({ strategy: "rest-for-one", intensity: 3, children });
    let failures = 1;
    bench.onStart.set("child2", () => (failures-- > 0 ? Promise.reject(new Error("once")) : undefined));
    bench.log.length = 0;
    await bench.latest("child1").crash();
    expect(bench.log).toEqual(["-child1", "-child2", "+child1", "+child2"]);
    expect(states(supervisor)).toEqual(["child1:running", "child2:running"]);
    await supervisor.stop();
  });

  test("temporary_bystander: a temporary sibling that a restart takes along does not come back", async () => {
    for (const strategy of ["one-for-all", "rest-for-one"] satisfies Strategy[]) {
      const bench = new Bench();
      const children = [bench.child("child1"), bench.child("child2", { restart: "temporary" })];
      const supervisor = await bench.started({ strategy, children });
      await bench.latest("child1").finish();
      expect(states(supervisor)).toEqual(["child1:running"]);
      expect(bench.latest("child2").ended).toBe(true);
      await supervisor.stop();
    }
  });

  test("multiple_restarts: restarts that keep within the intensity go on for ever", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ intensity: 1, windowMs: 1_000, children: [bench.child("child1")] });
    for (let round = 0; round < 5; round++) {
      await bench.latest("child1").crash();
      await bench.clock.advanceAsync(1_001);
    }
    expect(bench.starts("child1")).toBe(6);
    expect(states(supervisor)).toEqual(["child1:running"]);
    await supervisor.stop();
  });

  test("a restart exactly one window ago still counts", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ intensity: 1, windowMs: 1_000, children: [bench.child("child1")] });
    await bench.latest("child1").crash();
    await bench.clock.advanceAsync(1_000);
    await bench.latest("child1").crash();
    expect((await supervisor.exited).kind).toBe("error");
  });

  test("order_of_children: children added at run time come last, and stop first", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ children: [bench.child("child1"), bench.child("child2")] });
    await supervisor.startChild(bench.child("child3"));
    expect(states(supervisor)).toEqual(["child1:running", "child2:running", "child3:running"]);
    bench.log.length = 0;
    await supervisor.stop();
    expect(bench.log).toEqual(["-child3", "-child2", "-child1"]);
  });

  test("hanging_restart_loop: a child that keeps failing to start can be terminated, and so can its supervisor", async () => {
    const bench = new Bench();
    const child = bench.child("child1", { shutdown: "kill", backoff: { atOnce: 1, baseMs: 1_000, capMs: 1_000 } });
    const supervisor = await bench.started({ intensity: 8, windowMs: 10_000, children: [child] });
    const failing = (): Promise<never> => Promise.reject(new Error("no"));
    bench.onStart.set("child1", failing);
    await bench.latest("child1").crash();
    expect(states(supervisor)).toEqual(["child1:restarting"]);
    await expect(supervisor.startChild(child)).rejects.toMatchObject({ refusal: "already-present" });
    await expect(supervisor.restartChild("child1")).rejects.toMatchObject({ refusal: "restarting" });
    expect(() => supervisor.deleteChild("child1")).toThrow("being restarted");
    await supervisor.terminateChild("child1");
    expect(states(supervisor)).toEqual(["child1:stopped"]);
    bench.onStart.clear();
    await supervisor.restartChild("child1");
    bench.onStart.set("child1", failing);
    await bench.latest("child1").crash();
    await supervisor.stop();
    expect(bench.clock.pendingTimers).toBe(0);
  });

  test("hanging_restart_loop_rest_for_one: terminating the child in the loop leaves those behind it down", async () => {
    const bench = new Bench();
    const backoff = { atOnce: 1, baseMs: 1_000, capMs: 1_000 };
    const children = ["child1", "child2", "child3"].map((id) => bench.child(id, { shutdown: "kill", backoff }));
    const supervisor = await bench.started({ strategy: "rest-for-one", intensity: 8, windowMs: 10_000, children });
    bench.onStart.set("child2", () => Promise.reject(new Error("no")));
    await bench.latest("child2").crash();
    expect(states(supervisor)).toEqual(["child1:running", "child2:restarting", "child3:restarting"]);
    await supervisor.terminateChild("child2");
    expect(states(supervisor)).toEqual(["child1:running", "child2:stopped", "child3:stopped"]);
    bench.onStart.clear();
    await supervisor.restartChild("child2");
    expect(states(supervisor)).toEqual(["child1:running", "child2:running", "child3:stopped"]);
    await bench.latest("child2").crash();
    await settled();
    expect(states(supervisor)).toEqual(["child1:running", "child2:running", "child3:running"]);
    await supervisor.stop();
  });
});
