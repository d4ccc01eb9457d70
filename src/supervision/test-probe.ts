import { Events, ManualClock } from "../core/index.ts";
import type { ChildSpec } from "./child-spec.ts";
import type { ExitReason, Service, StartContext } from "./service.ts";
import { Supervisor } from "./supervisor.ts";
import type { SupervisorOptions } from "./supervisor-options.ts";

/** One instance of a test child, in the test's hands. */
export class Probe implements Service {
  readonly exited: Promise<ExitReason>;
  readonly name: string;
  readonly #end: (reason: ExitReason) => void;
  readonly #log: string[];
  /** Whether it ends when it is asked to. */
  obedient = true;
  stops = 0;
  killed = false;
  ended = false;

  constructor(name: string, log: string[]) {
    const { promise, resolve } = Promise.withResolvers<ExitReason>();
    this.exited = promise;
    this.name = name;
    this.#log = log;
    this.#end = resolve;
    log.push(`+${name}`);
  }

  async stop(): Promise<void> {
    this.stops += 1;
    if (this.obedient) this.end({ kind: "shutdown" });
    await this.exited;
  }

  kill(): void {
    this.killed = true;
    this.end({ kind: "error", error: new Error("killed") });
  }

  /** Ends by itself. */
  end(reason: ExitReason): void {
    if (!this.ended) this.#log.push(`-${this.name}`);
    this.ended = true;
    this.#end(reason);
  }

  async crash(message = "abnormal"): Promise<void> {
    this.end({ kind: "error", error: new Error(message) });
    await settled();
  }

  async finish(kind: "normal" | "shutdown" = "normal"): Promise<void> {
    this.end({ kind });
    await settled();
  }
}

/** A supervisor with probes for children, and the order of what they did. */
export class Bench {
  readonly clock: ManualClock = new ManualClock();
  readonly events: Events = new Events(() => this.clock.wallMs());
  readonly log: string[] = [];
  readonly emitted: string[] = [];
  readonly probes: Map<string, Probe[]> = new Map();
  /** Called before a probe is made, by child id: throw to fail its start, await to delay it. */
  readonly onStart: Map<string, (context: StartContext) => Promise<unknown> | unknown> = new Map();

  constructor() {
    this.events.onAny((payload, { name }) => this.emitted.push("path" in payload ? `${name} ${payload.path}` : name));
  }

  supervisor(options: Partial<SupervisorOptions> = {}): Supervisor {
    return new Supervisor({ path: "sup", clock: this.clock, events: this.events, random: () => 0.999, ...options });
  }

  /** A started supervisor: two restarts in an hour, restarts always at once, as most of OTP's scenarios have it. */
  async started(options: Partial<SupervisorOptions> = {}): Promise<Supervisor> {
    const supervisor = this.supervisor({ intensity: 2, windowMs: 3_600_000, ...options });
    await supervisor.start();
    return supervisor;
  }

  child(id: string, spec: Partial<ChildSpec> = {}): ChildSpec {
    return {
      id,
      shutdown: 1_000,
      backoff: { atOnce: Number.POSITIVE_INFINITY },
      start: async (context) => {
        if ((await this.onStart.get(id)?.(context)) === "ignore") return undefined;
        return this.#probe(id);
      },
      ...spec,
    };
  }

  /** The latest instance of a child. */
  latest(id: string): Probe {
    const probe = this.probes.get(id)?.at(-1);
    if (!probe) throw new Error(`${id} was never started`);
    return probe;
  }

  starts(id: string): number {
    return this.probes.get(id)?.length ?? 0;
  }

  #probe(id: string): Probe {
    const probe = new Probe(id, this.log);
    this.probes.set(id, [...(this.probes.get(id) ?? []), probe]);
    return probe;
  }
}

/** Everything that can happen without time passing has happened. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Child ids and states, as `id:state`. */
export function states(supervisor: Supervisor): readonly string[] {
  return (supervisor.tree().children ?? []).map((child) => `${child.id}:${child.state}`);
}
