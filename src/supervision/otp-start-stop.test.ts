import { describe, expect, test } from "bun:test";
import type { ChildSpec } from "./child-spec.ts";
import { Bench, settled, states } from "./fixtures/probe.ts";
import { Supervisor, supervisorChild } from "./supervisor.ts";
import type { SupervisorOptions } from "./supervisor-options.ts";

/** The scenarios of OTP's supervisor_SUITE by name (erlang/otp, lib/stdlib/test/supervisor_SUITE.erl): start, stop, specifications. */
describe("supervisor_SUITE: start", () => {
  test("sup_start_normal: starts without children and ends when it is stopped", async () => {
    const supervisor = await new Bench().started();
    expect(supervisor.tree()).toMatchObject({ state: "running", children: [] });
    await supervisor.stop();
    expect(await supervisor.exited).toEqual({ kind: "shutdown" });
    expect(supervisor.tree().state).toBe("stopped");
  });

  test("sup_start_ignore_child: a child with nothing to run is kept, not running", async () => {
    const bench = new Bench();
    const supervisor = await bench.started();
    bench.onStart.set("child1", () => "ignore");
    expect(await supervisor.startChild(bench.child("child1"))).toBeUndefined();
    expect(await supervisor.startChild(bench.child("child2"))).toBe(bench.latest("child2"));
    expect(states(supervisor)).toEqual(["child1:stopped", "child2:running"]);
    expect(supervisor.count()).toEqual({ children: 2, running: 1 });
    await supervisor.stop();
  });

  test("sup_start_ignore_temporary_child: a temporary child with nothing to run is not kept", async () => {
    const bench = new Bench();
    bench.onStart.set("child1", () => "ignore");
    const temporary = { restart: "temporary" } as const;
    const children = [bench.child("child1", temporary), bench.child("child2", temporary)];
    const supervisor = await bench.started({ children });
    expect(states(supervisor)).toEqual(["child2:running"]);
    await supervisor.stop();
  });

  test("sup_start_ignore_temporary_child_start_child: nor is one that is added", async () => {
    const bench = new Bench();
    const supervisor = await bench.started();
    bench.onStart.set("child1", () => "ignore");
    expect(await supervisor.startChild(bench.child("child1", { restart: "temporary" }))).toBeUndefined();
    expect(supervisor.count()).toEqual({ children: 0, running: 0 });
    await supervisor.stop();
  });

  for (const restart of ["temporary", "permanent"] as const) {
    test(`sup_start_ignore_${restart}_child_start_child_simple: nor is a dynamic one`, async () => {
      const bench = new Bench();
      const supervisor = await bench.started({ strategy: "dynamic" });
      bench.onStart.set("child1", () => "ignore");
      expect(await supervisor.startChild(bench.child("child1", { restart }))).toBeUndefined();
      await supervisor.startChild(bench.child("child2", { restart }));
      expect(states(supervisor)).toEqual(["child2:running"]);
      await supervisor.stop();
    });
  }

  test("sup_start_fail: a failed start names the child, stops those before it, and starts none behind it", async () => {
    const bench = new Bench();
    bench.onStart.set("child3", () => Promise.reject(new Error("port taken")));
    const supervisor = bench.supervisor({
      children: ["child1", "child2", "child3", "child4"].map((id) => bench.child(id)),
    });
    await expect(supervisor.start()).rejects.toMatchObject({
      code: "child_start_failed",
      path: "sup/child3",
      message: expect.stringContaining("port taken"),
    });
    expect(bench.log).toEqual(["+child1", "+child2", "-child2", "-child1"]);
    expect(await supervisor.exited).toMatchObject({ kind: "error", error: { code: "child_start_failed" } });
  });

  test("a start that throws at once fails like one that rejects", async () => {
    const bench = new Bench();
    const start = (): never => {
      throw new Error("at once");
    };
    await expect(bench.supervisor({ children: [{ id: "child1", start }] }).start()).rejects.toThrow("at once");
  });

  test("sup_start_child_returns_error: a child whose start fails is not kept", async () => {
    const bench = new Bench();
    const supervisor = await bench.started();
    bench.onStart.set("child1", () => Promise.reject(new Error("no")));
    await expect(supervisor.startChild(bench.child("child1"))).rejects.toThrow("no");
    expect(states(supervisor)).toEqual([]);
    await supervisor.stop();
  });

  test("sup_start_restart_child_returns_error: one that fails to be restarted by hand stays, and can be tried again", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ children: [bench.child("child1")] });
    await supervisor.terminateChild("child1");
    bench.onStart.set("child1", () => Promise.reject(new Error("not yet")));
    await expect(supervisor.restartChild("child1")).rejects.toThrow("not yet");
    expect(states(supervisor)).toEqual(["child1:stopped"]);
    bench.onStart.clear();
    expect(await supervisor.restartChild("child1")).toBe(bench.latest("child1"));
    await supervisor.stop();
  });

  test("children start one after the other, in order", async () => {
    const bench = new Bench();
    const gate = Promise.withResolvers<void>();
    bench.onStart.set("child1", () => gate.promise);
    const supervisor = bench.supervisor({ children: [bench.child("child1"), bench.child("child2")] });
    const starting = supervisor.start();
    await settled();
    expect(states(supervisor)).toEqual(["child1:starting", "child2:starting"]);
    gate.resolve();
    await starting;
    expect(bench.log).toEqual(["+child1", "+child2"]);
    await supervisor.stop();
  });

  test("a start that takes too long is aborted, and a service that it brings late is stopped", async () => {
    const bench = new Bench();
    const gate = Promise.withResolvers<void>();
    let aborted = false;
    bench.onStart.set("child1", ({ signal }) => {
      signal.addEventListener("abort", () => {
        aborted = true;
      });
      return gate.promise;
    });
    const supervisor = bench.supervisor({ children: [bench.child("child1", { startTimeoutMs: 2_000 })] });
    const starting = supervisor.start();
    starting.catch(() => undefined);
    await bench.clock.advanceAsync(2_000);
    expect(aborted).toBe(true);
    await bench.clock.advanceAsync(1_000);
    await expect(starting).rejects.toMatchObject({ cause: { code: "deadline_exceeded" } });
    expect(bench.emitted).toContain("service.abandoned sup/child1");
    gate.resolve();
    await settled();
    expect(bench.log).toEqual(["+child1", "-child1"]);
    expect(bench.emitted).not.toContain("service.started sup/child1");
  });
});

describe("supervisor_SUITE: specifications", () => {
  const start: ChildSpec["start"] = () => undefined;

  test("sup_start_map: what a specification leaves out has the documented default", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ children: [bench.child("child1", { shutdown: 5_000 })] });
    await bench.latest("child1").finish();
    expect(states(supervisor)).toEqual(["child1:running"]);
    const stubborn = bench.latest("child1");
    stubborn.obedient = false;
    const stopping = supervisor.stop();
    await bench.clock.advanceAsync(4_999);
    expect(stubborn.killed).toBe(false);
    await bench.clock.advanceAsync(1);
    expect(stubborn.killed).toBe(true);
    await stopping;
  });

  const faulty: readonly [string, unknown, string][] = [
    ["no id", { start }, "child.id"],
    ["an id that would break its path", { id: "a/b", start }, "child.id"],
    ["no start", { id: "a" }, 'child "a".start'],
    ["an unknown restart", { id: "a", start, restart: "prmanent" }, 'child "a".restart'],
    ["a negative shutdown", { id: "a", start, shutdown: -10 }, 'child "a".shutdown'],
    ["a shutdown that is no number", { id: "a", start, shutdown: "brutal" }, 'child "a".shutdown'],
    ["a backoff below zero", { id: "a", start, backoff: { baseMs: -1 } }, 'child "a".backoff.baseMs'],
    ["a permanent significant child", { id: "a", start, significant: true }, 'child "a".significant'],
    ["no object at all", "child4", "child"],
  ];
  for (const [what, spec, path] of faulty) {
    test(`sup_start_map_faulty_specs, child_specs: ${what} is refused, and named`, async () => {
      const children = [spec as ChildSpec];
      expect(() => new Supervisor({ path: "sup", children })).toThrow(
        expect.objectContaining({ code: "invalid_input", path }),
      );
      const supervisor = await new Bench().started();
      await expect(supervisor.startChild(spec as ChildSpec)).rejects.toMatchObject({ code: "invalid_input", path });
      await supervisor.stop();
    });
  }

  test("child_specs: two children of one id are refused", () => {
    const children = [
      { id: "a", start },
      { id: "a", start },
    ];
    expect(() => new Supervisor({ path: "sup", children })).toThrow("ids that differ");
  });

  const flags: readonly [string, object][] = [
    ["strategy", { strategy: "none_for_one" }],
    ["intensity", { intensity: -1 }],
    ["intensity", { intensity: 1.5 }],
    ["intensity", { intensity: "many" }],
    ["windowMs", { windowMs: 0 }],
    ["windowMs", { windowMs: Number.POSITIVE_INFINITY }],
    ["autoShutdown", { autoShutdown: "sometimes" }],
    ["children", { strategy: "dynamic", children: [{ id: "a", start }] }],
  ];
  for (const [path, options] of flags) {
    test(`sup_flags: ${JSON.stringify(options)} is refused`, () => {
      const faultyOptions = { path: "sup", ...options } as SupervisorOptions;
      expect(() => new Supervisor(faultyOptions)).toThrow(expect.objectContaining({ code: "invalid_input", path }));
    });
  }
});

describe("supervisor_SUITE: stop", () => {
  test("sup_stop_infinity: a child may take as long as it needs", async () => {
    const bench = new Bench();
    const children = [bench.child("child1", { shutdown: Number.POSITIVE_INFINITY })];
    const supervisor = await bench.started({ children });
    bench.latest("child1").obedient = false;
    const stopping = supervisor.stop();
    await bench.clock.advanceAsync(86_400_000);
    expect(states(supervisor)).toEqual(["child1:stopping"]);
    bench.latest("child1").end({ kind: "shutdown" });
    await stopping;
  });

  test("sup_stop_timeout: a child that ignores its stop is killed after its time, then the one before it is stopped", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ children: [bench.child("child1"), bench.child("child2")] });
    bench.latest("child2").obedient = false;
    const stopping = supervisor.stop();
    await bench.clock.advanceAsync(999);
    expect(bench.latest("child1").stops).toBe(0);
    await bench.clock.advanceAsync(1);
    await stopping;
    expect(bench.latest("child2").killed).toBe(true);
    expect(bench.latest("child1").killed).toBe(false);
    expect(bench.latest("child1").stops).toBe(1);
    expect(bench.clock.pendingTimers).toBe(0);
  });

  test("sup_stop_timeout: one that cannot even be killed is abandoned, and reported", async () => {
    const bench = new Bench();
    const hanging: ChildSpec = {
      id: "child1",
      shutdown: 1_000,
      start: () => ({ stop: () => new Promise<void>(() => undefined) }),
    };
    const supervisor = await bench.started({ children: [hanging] });
    const stopping = supervisor.stop();
    await bench.clock.advanceAsync(1_000);
    await stopping;
    expect(bench.emitted).toContain("service.abandoned sup/child1");
    expect(supervisor.tree().children?.[0]?.lastError?.message).toContain("1000 ms");
  });

  test("sup_stop_brutal_kill: a child is killed without being asked", async () => {
    const bench = new Bench();
    const children = [bench.child("child1"), bench.child("child2", { shutdown: "kill" })];
    const supervisor = await bench.started({ children });
    await supervisor.stop();
    expect(bench.latest("child2")).toMatchObject({ killed: true, stops: 0 });
    expect(bench.latest("child1")).toMatchObject({ killed: false, stops: 1 });
  });

  test("an object with nothing but stop is a service, and its failure to stop does not keep the others up", async () => {
    const bench = new Bench();
    const failing: ChildSpec = {
      id: "plain",
      start: () => ({ stop: () => Promise.reject(new Error("cannot close")) }),
    };
    const supervisor = await bench.started({ children: [bench.child("child1"), failing] });
    await supervisor.stop();
    expect(supervisor.tree().children).toMatchObject([
      { state: "stopped" },
      { lastError: { message: "cannot close" } },
    ]);
  });

  test("stop before the start ends it, and it cannot be started any more", async () => {
    const supervisor = new Bench().supervisor();
    await supervisor.stop();
    expect(await supervisor.exited).toEqual({ kind: "shutdown" });
    await expect(supervisor.start()).rejects.toMatchObject({ refusal: "not-running" });
  });

  test("stop during the start aborts the child that is starting and rolls the others back", async () => {
    const bench = new Bench();
    bench.onStart.set(
      "child2",
      ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    );
    const supervisor = bench.supervisor({ children: ["child1", "child2", "child3"].map((id) => bench.child(id)) });
    const starting = supervisor.start();
    await settled();
    await supervisor.stop();
    await expect(starting).rejects.toMatchObject({ code: "child_refused" });
    expect(bench.log).toEqual(["+child1", "-child1"]);
    expect(bench.emitted).not.toContain("service.failed-to-start sup/child2");
    expect(bench.clock.pendingTimers).toBe(0);
  });

  test("stopped while it waits for a start that hangs, the child is given up once", async () => {
    const bench = new Bench();
    bench.onStart.set("child1", () => new Promise(() => undefined));
    const supervisor = bench.supervisor({ children: [bench.child("child1", { startTimeoutMs: 1_500 })] });
    supervisor.start().catch(() => undefined);
    await bench.clock.advanceAsync(1_000);
    const stopping = supervisor.stop();
    await bench.clock.advanceAsync(5_000);
    await stopping;
    expect(bench.emitted).toEqual(["service.abandoned sup/child1", "service.exited sup/child1"]);
    expect(bench.clock.pendingTimers).toBe(0);
  });

  test("a listener that stops the supervisor in the middle of a decision is heard after it", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ children: [bench.child("child1")] });
    bench.events.on("service.restarting", () => void supervisor.stop());
    await bench.latest("child1").crash();
    expect(await supervisor.exited).toEqual({ kind: "shutdown" });
    expect(bench.log.filter((entry) => entry === "+child1").length).toBe(
      bench.log.filter((entry) => entry === "-child1").length,
    );
    expect(supervisor.tree().state).toBe("stopped");
  });

  test("start and stop are safe twice", async () => {
    const bench = new Bench();
    const supervisor = bench.supervisor({ children: [bench.child("child1")] });
    await Promise.all([supervisor.start(), supervisor.start()]);
    await Promise.all([supervisor.stop(), supervisor.stop()]);
    await supervisor.stop();
    expect(bench.log).toEqual(["+child1", "-child1"]);
  });

  test("child_unlink: a child that hangs while it is terminated does not keep the supervisor from its work", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ children: [bench.child("child1"), bench.child("naughty")] });
    bench.latest("naughty").obedient = false;
    const terminating = supervisor.terminateChild("naughty");
    await bench.latest("child1").crash();
    expect(states(supervisor)).toEqual(["child1:running", "naughty:stopping"]);
    await bench.clock.advanceAsync(1_000);
    await terminating;
    await supervisor.stop();
  });
});

describe("supervisor_SUITE: tree", () => {
  test("tree: an inner supervisor that gives up takes the whole one-for-all tree round, without what was added to it", async () => {
    const bench = new Bench();
    const inner = { intensity: 4, windowMs: 3_600_000 };
    const supervisor = await bench.started({
      strategy: "one-for-all",
      intensity: 4,
      children: [
        supervisorChild({ id: "sup1" }, { ...inner, children: [bench.child("child1"), bench.child("child2")] }),
        supervisorChild({ id: "sup2", backoff: { atOnce: 9 } }, inner),
        supervisorChild({ id: "sup3", restart: "transient" }, inner),
      ],
    });
    await supervisor.terminateChild("sup3");
    const [sup1, sup2] = [supervisor.which("sup1"), supervisor.which("sup2")] as [Supervisor, Supervisor];
    await sup2.startChild(bench.child("child3"));
    await sup2.startChild(bench.child("child4"));
    const [child1, child3] = [bench.latest("child1"), bench.latest("child3")];
    await bench.latest("child4").crash();
    expect(bench.latest("child3")).toBe(child3);
    expect(states(sup2)).toEqual(["child3:running", "child4:running"]);

    bench.onStart.set("child3", () => Promise.reject(new Error("error")));
    await child3.crash();
    await settled();
    expect(states(supervisor)).toEqual(["sup1:running", "sup2:running", "sup3:running"]);
    expect(supervisor.which("sup1")).not.toBe(sup1);
    expect(child1.ended).toBe(true);
    const tree = supervisor.tree();
    expect(tree.children?.map(({ kind, children }) => [kind, children?.map(({ path }) => path)])).toEqual([
      ["supervisor", ["sup/sup1/child1", "sup/sup1/child2"]],
      ["supervisor", []],
      ["supervisor", []],
    ]);
    expect(tree.children?.[1]).toMatchObject({ restarts: 1, lastError: { name: "EscalatedError" } });
    await supervisor.stop();
    expect(bench.clock.pendingTimers).toBe(0);
  });

  test("the tree is plain data: it survives JSON", async () => {
    const bench = new Bench();
    const supervisor = await bench.started({ children: [bench.child("child1")] });
    const tree = supervisor.tree();
    expect(JSON.parse(JSON.stringify(tree))).toEqual(tree);
    expect(tree.children?.[0]).toEqual({
      id: "child1",
      path: "sup/child1",
      kind: "service",
      state: "running",
      restarts: 0,
      sinceMs: bench.clock.wallMs(),
    });
    await supervisor.stop();
  });
});
