/** Asks the node that runs on a data folder to deploy, over its control socket. */
import type { Clock } from "../../core/index.ts";
import { type ControlClient, connectControl } from "../control/control-client.ts";
import type { CanaryStatus } from "./canary-rollout.ts";
import { type CanaryAnswer, type DeployAnswer, deployError } from "./deploy-requests.ts";

/** As `DeployRequest`, as far as it is given. */
export interface DeployWish {
  readonly appPath: string | undefined;
  readonly healthMs: number | undefined;
}

export interface CanaryWish extends DeployWish {
  readonly share: number;
  readonly promoteAfterMs: number | undefined;
  readonly maxErrorRate: number | undefined;
}

export type DeployDone = Extract<DeployAnswer, { readonly kind: "deployed" }>;
export type CanaryStanding = Extract<CanaryAnswer, { readonly kind: "standing" }>;

/** A node loads, checks and moves within it; its old workers may drain for longer. */
const DEADLINE_MS = 120_000;

/** What may be asked. Each call throws GodwitError `node_not_running`, and what the node throws. */
export interface DeployDoor {
  /** Resolves when the new code serves. @throws AppLoadError and others as `RunningNode.deploy`. */
  deploy(wish: DeployWish): Promise<DeployDone>;
  /** Resolves when the new code has its share. @throws as `deploy`. */
  startCanary(wish: CanaryWish): Promise<CanaryStanding>;
  /** Null: there is none. */
  canaryStatus(): Promise<CanaryStatus | null>;
  promote(): Promise<DeployDone>;
  withdraw(): Promise<void>;
}

export function deployDoor(dataFolder: string, clock: Clock): DeployDoor {
  const ask = async (name: string, params: unknown = {}): Promise<unknown> => {
    const client: ControlClient = await connectControl(dataFolder, clock);
    try {
      return await client.call(name, params, DEADLINE_MS);
    } finally {
      client.close();
    }
  };
  const done = async <T extends { readonly kind: string }>(name: string, params?: unknown): Promise<T> => {
    const answer = (await ask(name, params)) as T | Extract<DeployAnswer, { readonly kind: "failed" }>;
    if (isFailure(answer)) throw deployError(answer);
    return answer;
  };
  return {
    deploy: (wish) => done<DeployDone>("deploy", wish),
    startCanary: (wish) => done<CanaryStanding>("canary.start", wish),
    canaryStatus: async () => (await ask("canary.status")) as CanaryStatus | null,
    promote: () => done<DeployDone>("canary.promote"),
    withdraw: async () => void (await ask("canary.withdraw")),
  };
}

function isFailure(answer: { readonly kind: string }): answer is Extract<DeployAnswer, { readonly kind: "failed" }> {
  return answer.kind === "failed";
}
