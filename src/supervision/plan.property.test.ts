import { expect, test } from "bun:test";
import fc from "fast-check";
import type { ChildRules, Restart } from "./child-spec.ts";
import { decide } from "./decide.ts";
import { createPlan, type Effect, type Plan, type PlanEvent, refusalOf, type Strategy } from "./plan.ts";
import { DEFAULT_BACKOFF } from "./restart-policy.ts";

type Life = "starting" | "aborting" | "up" | "stopping";
const STRATEGIES: readonly Strategy[] = ["one-for-one", "one-for-all", "rest-for-one", "dynamic"];

interface Setup {
  readonly strategy: Strategy;
  readonly intensity: number;
  readonly restarts: readonly Restart[];
}

/** The world around a plan: instances and timers as effects have made them. It checks each effect against what must always hold. */
class World {
  readonly plan: Plan;
  readonly instances = new Map<string, Life>();
  readonly timers = new Set<string>();
  /** Requests that have been taken and not been answered, by child. */
  readonly unanswered = new Set<string>();
  readonly #restartedAt: number[] = [];
  #nowMs = 0;
  #added = 0;
  #windingUp = false;
  ended = 0;

  constructor({ strategy, intensity, restarts }: Setup) {
    const rules = { path: "p", strategy, intensity, windowMs: 1_000, autoShutdown: "never" } as const;
    const members = strategy === "dynamic" ? [] : restarts;
    this.plan = createPlan(
      rules,
      members.map((restart, index) => member(`c${index}`, restart)),
      0,
    );
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }

  send(event: PlanEvent): void {
    if (refusalOf(this.plan, event)) return;
    if (event.kind === "restart" || event.kind === "terminate") this.unanswered.add(event.id);
    if (event.kind === "add") this.unanswered.add(event.child.id);
    const effects = decide(this.plan, event, { monotonicMs: this.#nowMs, wallMs: this.#nowMs, random: 0.5 });
    if (event.kind === "stop") this.#windingUp = true;
    for (const effect of effects) this.#check(effect);
  }

  add(restart: Restart): void {
    this.send({ kind: "add", child: member(`added${this.#added++}`, restart) });
  }

  /** The instance has done what it was about to do, or has failed to. */
  act(id: string, well: boolean): void {
    const life = this.instances.get(id);
    const error = new Error("failed");
    if (life === "starting" && well) {
      this.instances.set(id, "up");
      this.send({ kind: "up", id });
      return;
    }
    if (!life) return;
    this.instances.delete(id);
    if (life === "starting" || (life === "aborting" && !well)) this.send({ kind: "start-failed", id, error });
    else if (life === "up")
      this.send({ kind: "exited", id, reason: well ? { kind: "normal" } : { kind: "error", error } });
    else this.send({ kind: "stopped", id, reason: { kind: "shutdown" } });
  }

  fire(id: string): void {
    if (this.timers.delete(id)) this.send({ kind: "waited", id });
  }

  /** Lets everything that is under way come to its end. */
  calmDown(): void {
    for (let round = 0; round < 1_000; round++) {
      for (const id of [...this.timers]) this.fire(id);
      const busy = [...this.instances].filter(([, life]) => life !== "up");
      if (busy.length === 0 && this.timers.size === 0) return;
      for (const [id] of busy) this.act(id, true);
    }
    throw new Error("does not come to rest");
  }

  #check(effect: Effect): void {
    switch (effect.kind) {
      case "start":
        expect(this.instances.has(effect.id)).toBe(false);
        expect(this.timers.has(effect.id)).toBe(false);
        expect(this.#windingUp).toBe(false);
        this.#checkStartOrder(effect.id);
        this.instances.set(effect.id, "starting");
        break;
      case "stop":
        expect(["starting", "up"]).toContain(this.instances.get(effect.id) as Life);
        this.#checkStopOrder(effect.id);
        this.instances.set(effect.id, this.instances.get(effect.id) === "up" ? "stopping" : "aborting");
        break;
      case "wait":
        expect(this.instances.has(effect.id) || this.timers.has(effect.id)).toBe(false);
        this.timers.add(effect.id);
        break;
      case "cancel-wait":
        expect(this.timers.delete(effect.id)).toBe(true);
        break;
      case "arrived-up":
      case "arrived-down":
        this.unanswered.delete(effect.id);
        break;
      case "report-restart":
        this.#restartedAt.push(this.#nowMs);
        expect(this.#restartsInWindow()).toBeLessThanOrEqual(this.plan.rules.intensity);
        break;
      case "report-escalation":
        expect(this.#restartsInWindow() + 1).toBeGreaterThan(this.plan.rules.intensity);
        this.#windingUp = true;
        break;
      case "ended":
        this.ended += 1;
        expect(this.instances.size + this.timers.size + this.unanswered.size).toBe(0);
        break;
    }
  }

  #restartsInWindow(): number {
    return this.#restartedAt.filter((atMs) => this.#nowMs - atMs <= this.plan.rules.windowMs).length;
  }

  #checkStartOrder(id: string): void {
    const { strategy } = this.plan.rules;
    if (strategy !== "one-for-all" && strategy !== "rest-for-one") return;
    expect([...this.instances.values()].filter((life) => life === "stopping" || life === "aborting")).toEqual([]);
    for (const [earlier, child] of this.plan.children) {
      if (earlier === id) return;
      if (child.wanted) expect(this.instances.get(earlier)).toBe("up");
    }
  }

  #checkStopOrder(id: string): void {
    if (this.plan.phase !== "stopping" || this.plan.rules.strategy === "dynamic") return;
    const ids = [...this.plan.children.keys()];
    for (const later of ids.slice(ids.indexOf(id) + 1)) expect(this.instances.has(later)).toBe(false);
  }
}

function member(id: string, restart: Restart): ChildRules {
  return { id, restart, significant: false, backoff: { ...DEFAULT_BACKOFF, baseMs: 50, capMs: 200 } };
}

const restarts = fc.constantFrom<Restart>("permanent", "transient", "temporary");
const setups: fc.Arbitrary<Setup> = fc.record({
  strategy: fc.constantFrom(...STRATEGIES),
  intensity: fc.integer({ min: 0, max: 6 }),
  restarts: fc.array(restarts, { minLength: 1, maxLength: 5 }),
});

type Step = (world: World) => void;

function pick<T>(all: Iterable<T>, index: number): T | undefined {
  const list = [...all];
  return list[index % list.length];
}

function onChild(index: number, step: (world: World, id: string) => void): Step {
  return (world) => {
    const id = pick(world.plan.children.keys(), index);
    if (id !== undefined) step(world, id);
  };
}

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.tuple(fc.nat(9), fc.boolean()).map(
      ([index, well]): Step =>
        (world) => {
          world.act(pick(world.instances.keys(), index) ?? "", well);
        },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.nat(9).map(
      (index): Step =>
        (world) =>
          world.fire(pick(world.timers, index) ?? ""),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.integer({ min: 0, max: 1_200 }).map(
      (ms): Step =>
        (world) =>
          world.advance(ms),
    ),
  },
  {
    weight: 2,
    arbitrary: restarts.map(
      (restart): Step =>
        (world) =>
          world.add(restart),
    ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom("restart" as const, "terminate" as const, "delete" as const), fc.nat(9))
      .map(([kind, index]) => onChild(index, (world, id) => world.send({ kind, id }))),
  },
);

test("whatever happens in whatever order: one instance at most, in order, within the intensity, nothing after the end", () => {
  fc.assert(
    fc.property(setups, fc.array(steps, { maxLength: 60 }), fc.boolean(), (setup, script, calm) => {
      const world = new World(setup);
      world.send({ kind: "start" });
      for (const step of script) step(world);
      if (calm) {
        world.calmDown();
        for (const [id, child] of world.plan.children) expect(world.instances.has(id)).toBe(child.wanted);
      }
      world.send({ kind: "stop" });
      world.calmDown();
      expect(world.plan.phase).toBe("stopped");
      expect(world.ended).toBe(1);
    }),
    { numRuns: 2_000 },
  );
});

test("a plan that is left alone comes up with all its children", () => {
  fc.assert(
    fc.property(setups, (setup) => {
      const world = new World(setup);
      world.send({ kind: "start" });
      world.calmDown();
      expect(world.plan.phase).toBe("running");
      expect([...world.instances.values()].every((life) => life === "up")).toBe(true);
      expect([...world.instances.keys()]).toEqual([...world.plan.children.keys()]);
    }),
  );
});
