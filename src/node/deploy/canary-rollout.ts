/**
 * A canary: new code in workers of its own, for a share of the keys and sockets, beside the old code and compared with it.
 *
 * States: none → standing → promoted (all workers run its code, and its own workers drain) or withdrawn (its workers drain, its share goes back),
 * by a person, by its rule, or because its workers do not stay up. Its keys are those of its shards: a key outside of them never meets the new
 * code, at any node that shares the store. Survives a crash of the node: nothing; the next node starts with what it is told to start.
 */
import { type Clock, ConfigError, type Events, GodwitError, SECOND, type Timer, toError } from "../../core/index.ts";
import {
  type CanaryRule,
  canaryShards,
  judgeCanary,
  type WorkSample,
  WorkStats,
  type WorkSummary,
} from "../../rollout/index.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { Incarnation, Release } from "../pool/release.ts";
import type { WorkerPool } from "../pool/worker-pool.ts";
import type { Deployed, Deployer, DeployRequest } from "./deployer.ts";

export interface CanaryRequest extends DeployRequest {
  /** Of the keys and sockets, above 0 and below 1. */
  readonly share: number;
  readonly rule?: CanaryRule;
}

/** Old code and new, side by side, since the canary stands. */
export interface CanaryStatus {
  readonly release: number;
  readonly appPath: string;
  readonly codeVersion: string;
  readonly share: number;
  readonly standsMs: number;
  readonly workers: readonly string[];
  readonly current: WorkSummary;
  readonly canary: WorkSummary;
  /** What its rule says; null without one. */
  readonly verdict: string | null;
}

export interface CanaryOptions {
  readonly pool: WorkerPool;
  readonly gateway: Pick<Gateway, "links">;
  readonly deployer: Deployer;
  /** Gateway processes of the node. */
  readonly gateways: number;
  readonly shardCount: () => number;
  /** A worker is no more, and none takes its slot. */
  readonly onRetired: (slot: string) => void;
  readonly clock: Clock;
  readonly events: Events;
}

interface Standing {
  readonly release: Release;
  readonly codeVersion: string;
  readonly share: number;
  readonly rule: CanaryRule | undefined;
  readonly workers: readonly Incarnation[];
  readonly sinceMs: number;
  readonly current: WorkStats;
  readonly canary: WorkStats;
  deaths: number;
}

const JUDGE_EVERY_MS: number = SECOND;
/** Deaths of its workers after which it is withdrawn: the keys that it holds wait for them. */
const MOST_DEATHS = 3;

export class CanaryRollout {
  readonly #options: CanaryOptions;
  #standing: Standing | undefined;
  #timer: Timer | undefined;

  constructor(options: CanaryOptions) {
    this.#options = options;
    options.events.on("service.exited", ({ path, reason }) => {
      const workers = this.#standing?.workers ?? [];
      if (this.#standing && reason !== "shutdown" && workers.some(({ id }) => path.endsWith(`/${id}`)))
        this.#standing.deaths++;
    });
  }

  /** A deploy of everything is refused while a canary stands. @throws GodwitError `canary_stands`. */
  async deploy(request?: DeployRequest): Promise<Deployed> {
    this.#requireNone();
    return this.#options.deployer.deploy(request);
  }

  /** Gives the new code its share. @throws as `Deployer.deploy`, and GodwitError `canary_stands`. */
  async start(request: CanaryRequest): Promise<CanaryStatus> {
    this.#requireNone();
    const { pool, deployer, events, gateways } = this.#options;
    if (gateways > 1)
      throw new ConfigError("a canary needs a node with one gateway: the others do not share out by it");
    const { share } = request;
    const slots = Array.from({ length: Math.max(1, Math.round(share * pool.slots.length)) }, (_, i) => `c${i}`);
    await deployer.exclusively(request, (release, healthMs) =>
      pool.change(async () => {
        const { launched, manifest } = await deployer.load(release, slots, healthMs);
        this.#stand(request, release, manifest.codeVersion, launched);
        await pool.promote(launched).catch(async (thrown) => {
          await this.#end();
          throw thrown;
        });
      }),
    );
    const status = this.status as CanaryStatus;
    const { release, codeVersion, workers } = status;
    events.emit("canary.started", { release, codeVersion, share, workers: workers.length });
    this.#judgeLater();
    return status;
  }

  get status(): CanaryStatus | null {
    const standing = this.#standing;
    if (!standing) return null;
    const { release, codeVersion, share, rule, workers, sinceMs, current, canary } = standing;
    const standsMs = this.#options.clock.monotonicMs() - sinceMs;
    return {
      release: release.number,
      appPath: release.appPath,
      codeVersion,
      share,
      standsMs,
      workers: workers.map(({ slot }) => slot),
      current: current.summary,
      canary: canary.summary,
      verdict: rule ? describeVerdict(judgeCanary(rule, canary.summary, standsMs)) : null,
    };
  }

  /** What a worker of this release has done since the last time. */
  heard(release: number, sample: WorkSample): void {
    const standing = this.#standing;
    if (standing) (release === standing.release.number ? standing.canary : standing.current).merge(sample);
  }

  /**
   * All workers go over to the canary's code, loaded anew from its file.
   * @throws GodwitError `no_canary`; `canary_changed` when that file is not what the canary runs; as `Deployer.deploy`: the canary stands on then.
   */
  async promote(reason = "asked for"): Promise<Deployed> {
    const { release, codeVersion, share } = this.#require();
    const { deployer, events } = this.#options;
    const deployed = await deployer.deploy(
      { appPath: release.appPath },
      {
        accept: (manifest) => {
          if (manifest.codeVersion === codeVersion) return;
          throw new GodwitError(
            "canary_changed",
            `${release.appPath} is not what the canary runs any more: withdraw it and begin anew`,
          );
        },
      },
    );
    events.emit("canary.decided", { release: release.number, share, decision: "promoted", reason });
    const drained = this.#end();
    return { ...deployed, drained: Promise.all([deployed.drained, drained]).then(() => undefined) };
  }

  /** Its share goes back to the old code. @throws GodwitError `no_canary`. */
  async withdraw(reason = "asked for"): Promise<void> {
    const { release, share } = this.#require();
    this.#options.events.emit("canary.decided", { release: release.number, share, decision: "withdrawn", reason });
    await this.#end();
  }

  #stand({ share, rule }: CanaryRequest, release: Release, codeVersion: string, workers: readonly Incarnation[]): void {
    const { gateway, clock, shardCount } = this.#options;
    const [current, canary] = [new WorkStats(), new WorkStats()];
    this.#standing = {
      release,
      codeVersion,
      share,
      rule,
      workers,
      sinceMs: clock.monotonicMs(),
      current,
      canary,
      deaths: 0,
    };
    const slots = new Set(workers.map(({ slot }) => slot));
    gateway.links.setCanary({
      slots,
      share,
      shards: new Set(canaryShards(shardCount(), share)),
      shardCount: shardCount(),
    });
  }

  async #end(): Promise<void> {
    const { pool, gateway, onRetired } = this.#options;
    const workers = this.#standing?.workers ?? [];
    this.#standing = undefined;
    this.#timer?.cancel();
    gateway.links.setCanary(undefined);
    await pool.discard(workers);
    for (const { slot } of workers) onRetired(slot);
  }

  #judgeLater(): void {
    this.#timer = this.#options.clock.after(JUDGE_EVERY_MS, () => {
      void this.#judge().catch((thrown) => {
        this.#options.events.emit("error.caught", { stage: "canary", error: toError(thrown) });
      });
    });
  }

  async #judge(): Promise<void> {
    const standing = this.#standing;
    if (!standing) return;
    const { rule, canary, sinceMs, deaths } = standing;
    if (deaths >= MOST_DEATHS) return this.withdraw(`its workers ended ${deaths} times`);
    const standsMs = this.#options.clock.monotonicMs() - sinceMs;
    const verdict = rule && judgeCanary(rule, canary.summary, standsMs);
    if (verdict?.kind === "withdraw") return this.withdraw(verdict.reason);
    if (verdict?.kind === "promote") return void (await this.promote(verdict.reason));
    this.#judgeLater();
  }

  #requireNone(): void {
    if (this.#standing) {
      throw new GodwitError(
        "canary_stands",
        `release ${this.#standing.release.number} is a canary: promote or withdraw it first`,
      );
    }
  }

  #require(): Standing {
    if (!this.#standing) throw new GodwitError("no_canary", "there is no canary");
    return this.#standing;
  }
}

function describeVerdict({ kind, reason }: ReturnType<typeof judgeCanary>): string {
  return `${kind}: ${reason}`;
}
