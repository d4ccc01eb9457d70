/**
 * Deploys: new code in new workers beside the old, then over to it in one step, under open sockets.
 *
 * States: idle → loading (the app is loaded in a worker for each slot) → checking (each answers for a while) → moving → idle, with the old workers
 * draining; every failure before moving leads back to idle, with the old code untouched. One deploy at a time.
 * Survives a crash of the node: nothing; the next node starts with what it is told to start.
 */
import type { AppManifest } from "../../app/index.ts";
import { BusyError, type Clock, type Events, SECOND, toError } from "../../core/index.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { Incarnation, Release } from "../pool/release.ts";
import type { WorkerPool } from "../pool/worker-pool.ts";
import { checkHealth } from "./check-health.ts";
import { reasonOf } from "./reason-of.ts";

export interface DeployRequest {
  /** Absolute. Default: the app that runs. */
  readonly appPath?: string;
  /** How long each new worker must answer before anything moves, ms. Default 1,000. */
  readonly healthMs?: number;
}

/** A deploy that was done. */
export interface Deployed {
  readonly release: number;
  readonly app: string;
  readonly codeVersion: string;
  readonly appPath: string;
  /** Until the new code served, ms. */
  readonly tookMs: number;
  /** Resolves when the old workers have finished what they had in hand, and ended. */
  readonly drained: Promise<void>;
}

export interface DeployerOptions {
  readonly pool: WorkerPool;
  readonly gateway: Pick<Gateway, "links" | "prepare" | "adopt">;
  readonly clock: Clock;
  readonly events: Events;
}

export interface DeployHooks {
  /** Throws when what was loaded is not what is wanted. */
  readonly accept?: (manifest: AppManifest) => void;
}

/** Healthy workers on standby. */
export interface Loaded {
  readonly launched: readonly Incarnation[];
  readonly manifest: AppManifest;
}

const HEALTH_MS: number = SECOND;
const BUSY_RETRY_MS: number = SECOND;

export class Deployer {
  readonly #options: DeployerOptions;
  #lastNumber: number;
  #underWay = false;

  constructor(options: DeployerOptions) {
    this.#options = options;
    this.#lastNumber = options.pool.release.number;
  }

  /**
   * `accept` may refuse what was loaded. @throws AppLoadError, ConfigError, ReplacementFailedError, what `accept` throws: the old code goes on
   * untouched; BusyError while another deploy is under way.
   */
  async deploy(request: DeployRequest = {}, { accept = () => {} }: DeployHooks = {}): Promise<Deployed> {
    const { pool, gateway, clock, events } = this.#options;
    const startedMs = clock.monotonicMs();
    return this.exclusively(request, async (release, healthMs) => {
      const { manifest, drained } = await pool.change(async () => {
        const { launched, manifest } = await this.load(release, pool.slots, healthMs);
        try {
          accept(manifest);
          const app = await gateway.prepare(manifest);
          return { manifest, ...(await pool.promote(launched, () => gateway.adopt(app))) };
        } catch (thrown) {
          await pool.discard(launched);
          throw thrown;
        }
      });
      const tookMs = clock.monotonicMs() - startedMs;
      const { name, codeVersion } = manifest;
      events.emit("deploy.finished", { release: release.number, app: name, codeVersion, tookMs });
      return { release: release.number, app: name, codeVersion, appPath: release.appPath, tookMs, drained };
    });
  }

  /** Runs one roll-out at a time, of a new release, and tells of its failure. @throws BusyError; what `work` throws, as a person can put it right. */
  async exclusively<T>(
    { appPath, healthMs = HEALTH_MS }: DeployRequest,
    work: (release: Release, healthMs: number) => Promise<T>,
  ): Promise<T> {
    if (this.#underWay) throw new BusyError("the node's turn to deploy", BUSY_RETRY_MS);
    this.#underWay = true;
    const { pool, events } = this.#options;
    const release = { number: ++this.#lastNumber, appPath: appPath ?? pool.release.appPath };
    events.emit("deploy.started", { release: release.number, app: release.appPath, workers: pool.slots.length });
    try {
      return await work(release, healthMs);
    } catch (thrown) {
      const error = reasonOf(toError(thrown));
      events.emit("deploy.failed", { release: release.number, app: release.appPath, error });
      throw error;
    } finally {
      this.#underWay = false;
    }
  }

  /** Starts workers for a release beside those that serve, and checks their health; none is left when it rejects. */
  async load(release: Release, slots: readonly string[], healthMs: number): Promise<Loaded> {
    const { pool, gateway, clock } = this.#options;
    const launched = await pool.launch(release, slots);
    try {
      await checkHealth(launched, gateway.links, clock, healthMs);
      const manifest = gateway.links.manifestOf(launched[0]?.memberId ?? "") as AppManifest;
      return { launched, manifest };
    } catch (thrown) {
      await pool.discard(launched);
      throw thrown;
    }
  }
}
