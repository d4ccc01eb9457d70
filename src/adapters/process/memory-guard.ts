import { type Clock, type Events, MINUTE, SECOND, systemClock, type Timer, toError } from "../../core/index.ts";
import type { Service } from "../../supervision/index.ts";
import type { GuardedProcess } from "./block-guard.ts";
import { every } from "./every.ts";
import { MemoryCurve, type MemoryPoint } from "./memory-curve.ts";
import { proportionalBytes, residentBytes } from "./memory-usage.ts";

/** A process that has outgrown its limit, as its guard reports it. */
export interface Outgrown {
  readonly path: string;
  readonly process: GuardedProcess;
  readonly usedBytes: number;
  readonly limitBytes: number;
  readonly reason: string;
  readonly curve: readonly MemoryPoint[];
}

export interface MemoryGuardOptions {
  readonly events: Events;
  /** What a process may use; `memoryLimitBytes()` sizes it from the machine. */
  readonly limitBytes: number;
  /** Replaces the process gracefully: a new one is up before this one drains. A failure is asked again after `minGapMs`. */
  readonly onOutgrown: (outgrown: Outgrown) => Promise<void> | void;
  /** Default 5,000 ms. */
  readonly intervalMs?: number;
  /** Least time between two replacements, of whichever process: a leak shall show, not turn into a carousel. Default 60,000 ms. */
  readonly minGapMs?: number;
  readonly clock?: Clock;
  /** How memory is read, for tests. Default: RSS, and PSS once the RSS is over the limit. */
  readonly usedBytes?: (pid: number, limitBytes: number) => Promise<number | undefined>;
}

interface Watched {
  readonly path: string;
  readonly process: GuardedProcess;
  readonly curve: MemoryCurve;
}

const MIB = 2 ** 20;

/**
 * Asks for the replacement of a process that uses too much memory, before the kernel kills it. Guards a whole pool, so that
 * the rate limit holds across replacements. It never kills. Each time it asks, `process.outgrown` says why, with the curve.
 */
export class MemoryGuard implements Service {
  readonly #options: MemoryGuardOptions;
  readonly #clock: Clock;
  readonly #watched = new Set<Watched>();
  #timer: Timer | undefined;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #asked = 0;

  constructor(options: MemoryGuardOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** How often it has asked for a replacement. */
  get asked(): number {
    return this.#asked;
  }

  /** Begins to measure. Safe twice. */
  start(): void {
    this.#timer ??= every(this.#clock, this.#options.intervalMs ?? 5 * SECOND, () => this.#measureAll());
  }

  /** Stops measuring. Safe twice, and before `start`. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Guards a process until it ends, or the returned function is called. */
  watch(path: string, process: GuardedProcess): () => void {
    const watched = { path, process, curve: new MemoryCurve() };
    this.#watched.add(watched);
    const unwatch = (): void => void this.#watched.delete(watched);
    void process.exited.then(unwatch, unwatch);
    return unwatch;
  }

  /** The curve of a guarded process, oldest first; empty for one that is not guarded. */
  curve(process: GuardedProcess): readonly MemoryPoint[] {
    for (const watched of this.#watched) if (watched.process === process) return watched.curve.points;
    return [];
  }

  async #measureAll(): Promise<void> {
    for (const watched of [...this.#watched]) await this.#measure(watched);
  }

  async #measure(watched: Watched): Promise<void> {
    const { limitBytes, usedBytes = usedByDefault } = this.#options;
    const { pid } = watched.process;
    const bytes = pid === undefined ? undefined : await usedBytes(pid, limitBytes);
    if (bytes === undefined || pid === undefined) return;
    watched.curve.add({ atMs: this.#clock.wallMs(), bytes });
    if (bytes > limitBytes && this.#mayAsk()) this.#ask(watched, pid, bytes);
  }

  #mayAsk(): boolean {
    return this.#clock.monotonicMs() - this.#askedAtMs >= (this.#options.minGapMs ?? MINUTE);
  }

  #ask({ path, process, curve }: Watched, pid: number, usedBytes: number): void {
    const { events, limitBytes, onOutgrown } = this.#options;
    this.#askedAtMs = this.#clock.monotonicMs();
    this.#asked += 1;
    const reason = `uses ${Math.round(usedBytes / MIB)} MiB of ${Math.round(limitBytes / MIB)} MiB`;
    const report = { path, usedBytes, limitBytes, reason, curve: curve.points };
    events.emit("process.outgrown", { ...report, pid });
    void replaced(() => onOutgrown({ ...report, process })).catch((thrown) => {
      events.emit("error.caught", { stage: `replace ${path}`, error: toError(thrown) });
    });
  }
}

async function replaced(ask: () => Promise<void> | void): Promise<void> {
  await ask();
}

/** RSS, which costs next to nothing; where it is over the limit, PSS, which does not blame a process for what it shares. */
async function usedByDefault(pid: number, limitBytes: number): Promise<number | undefined> {
  const resident = await residentBytes(pid);
  if (resident === undefined || resident <= limitBytes) return resident;
  return (await proportionalBytes(pid)) ?? resident;
}
