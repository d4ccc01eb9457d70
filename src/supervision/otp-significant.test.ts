import { describe, expect, test } from "bun:test";
import { Bench, settled } from "./fixtures/probe.ts";
import type { AutoShutdown, Strategy } from "./plan.ts";
import { type Supervisor, supervisorChild } from "./supervisor.ts";

const MODES: readonly AutoShutdown[] = ["never", "any-significant", "all-significant"];

/** The scenarios of OTP's supervisor_SUITE by name (erlang/otp, lib/stdlib/test/supervisor_SUITE.erl): significant children (EEP 56). */
describe("supervisor_SUITE: significant children", () => {
  for (const restart of ["temporary", "transient"] as const) {
    test(`nonsignificant_${restart}: the end of such a child never ends the supervisor`, async () => {
      for (const autoShutdown of MODES) {
        const bench = new Bench();
        const children = [bench.child("child1", { restart })];
        const supervisor = await bench.started({ autoShutdown, intensity: 5, children });
        await bench.latest("child1").crash();
        await bench.latest("child1").finish();
        expect(supervisor.tree().state).toBe("running");
        await supervisor.stop();
      }
    });
  }

  async function significant(
    autoShutdown: AutoShutdown,
    restart: "temporary" | "transient",
  ): Promise<[Bench, Supervisor]> {
    const bench = new Bench();
    const children = [
      bench.child("child1", { restart, significant: true }),
      bench.child("child2", { restart, significant: true }),
      bench.child("child3", { restart }),
    ];
    return [bench, await bench.started({ autoShutdown, intensity: 5, children })];
  }

  test("significant_temporary: any end of one ends the supervisor with shutdown", async () => {
    for (const ending of ["crash", "finish"] as const) {
      const [bench, supervisor] = await significant("any-significant", "temporary");
      await bench.latest("child1")[ending]();
      expect(await supervisor.exited).toEqual({ kind: "shutdown" });
      expect(bench.latest("child3").ended).toBe(true);
    }
  });

  test("significant_temporary: being terminated by request does not", async () => {
    const [, supervisor] = await significant("any-significant", "temporary");
    await supervisor.terminateChild("child1");
    expect(supervisor.tree().state).toBe("running");
    await supervisor.stop();
  });

  test("significant_temporary: with all-significant, the last of them does", async () => {
    const [bench, supervisor] = await significant("all-significant", "temporary");
    await bench.latest("child1").finish();
    expect(supervisor.tree().state).toBe("running");
    await bench.latest("child2").finish();
    expect(await supervisor.exited).toEqual({ kind: "shutdown" });
  });

  test("significant_transient: a normal end does, a failure is restarted", async () => {
    const [bench, supervisor] = await significant("any-significant", "transient");
    await bench.latest("child1").crash();
    expect(supervisor.count()).toEqual({ children: 3, running: 3 });
    await bench.latest("child1").finish();
    expect(await supervisor.exited).toEqual({ kind: "shutdown" });
  });

  test("significant_transient: with all-significant, the normal end of the last does", async () => {
    const [bench, supervisor] = await significant("all-significant", "transient");
    await bench.latest("child2").finish();
    expect(supervisor.tree().state).toBe("running");
    await bench.latest("child1").finish();
    expect(await supervisor.exited).toEqual({ kind: "shutdown" });
  });

  test("significant_simple: neither significant children nor auto-shutdown go with dynamic ones", async () => {
    const bench = new Bench();
    expect(() => bench.supervisor({ strategy: "dynamic", autoShutdown: "any-significant" })).toThrow("autoShutdown");
    const supervisor = await bench.started();
    const child = bench.child("child1", { restart: "temporary", significant: true });
    await expect(supervisor.startChild(child)).rejects.toMatchObject({ code: "invalid_input" });
    await supervisor.stop();
  });

  test("significant_bystander: being taken along by a sibling's restart is no end", async () => {
    for (const strategy of ["one-for-one", "one-for-all", "rest-for-one"] satisfies Strategy[]) {
      for (const autoShutdown of MODES.slice(1)) {
        const bench = new Bench();
        const children = ["child1", "child2", "child3"].map((id) =>
          bench.child(id, { restart: "transient", significant: id !== "child2" }),
        );
        const supervisor = await bench.started({ strategy, autoShutdown, intensity: 5, children });
        await bench.latest("child2").crash();
        expect(supervisor.count()).toEqual({ children: 3, running: 3 });
        await supervisor.stop();
      }
    }
  });

  for (const outer of [true, false]) {
    test(`significant_escalation: an inner supervisor's auto-shutdown ${outer ? "ends" : "leaves"} the outer one`, async () => {
      const bench = new Bench();
      const worker = bench.child("child1", { restart: "transient", significant: true });
      const inner = {
        autoShutdown: "any-significant",
        children: [worker],
      } as const;
      const children = [supervisorChild({ id: "inner", restart: "transient", significant: outer }, inner)];
      const supervisor = await bench.started({ autoShutdown: "any-significant", children });
      await bench.latest("child1").finish();
      await settled();
      expect(supervisor.which("inner")).toBeUndefined();
      expect(supervisor.tree().state).toBe(outer ? "stopped" : "running");
      await supervisor.stop();
    });
  }
});
