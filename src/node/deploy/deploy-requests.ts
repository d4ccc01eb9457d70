/** What the command line may ask of a node about deploys, and what it is answered. */
import { GodwitError, InvalidInputError } from "../../core/index.ts";
import { AppLoadError } from "../app-load-error.ts";
import type { ControlHandlers } from "../control/control-server.ts";
import type { LoadFailure } from "../link-protocol.ts";
import type { CanaryRequest, CanaryRollout, CanaryStatus } from "./canary-rollout.ts";
import type { Deployed, DeployRequest } from "./deployer.ts";

/** Answer to `deploy`. A failure travels whole: its place in the app file is what its author needs. */
export type DeployAnswer =
  | ({ readonly kind: "deployed" } & Omit<Deployed, "drained">)
  | { readonly kind: "failed"; readonly code: string; readonly failure: LoadFailure };

/** Answer to `canary.start`. */
export type CanaryAnswer =
  | ({ readonly kind: "standing" } & CanaryStatus)
  | Extract<DeployAnswer, { readonly kind: "failed" }>;

export function deployRequests(canary: CanaryRollout): ControlHandlers {
  return {
    deploy: (params) => answered(() => canary.deploy(readRequest(params))),
    "canary.start": async (params): Promise<CanaryAnswer> => {
      try {
        return { kind: "standing", ...(await canary.start(readCanary(params))) };
      } catch (thrown) {
        return toFailure(thrown);
      }
    },
    "canary.status": () => canary.status,
    "canary.promote": () => answered(() => canary.promote()),
    "canary.withdraw": async () => {
      await canary.withdraw();
      return null;
    },
  };
}

async function answered(deploy: () => Promise<Deployed>): Promise<DeployAnswer> {
  try {
    const { drained: _, ...deployed } = await deploy();
    return { kind: "deployed", ...deployed };
  } catch (thrown) {
    return toFailure(thrown);
  }
}

/** What went wrong, as the error that it was. */
export function deployError({ code, failure }: Extract<DeployAnswer, { readonly kind: "failed" }>): GodwitError {
  return code === "app_load_failed" ? new AppLoadError(failure) : new GodwitError(code, failure.message);
}

function toFailure(thrown: unknown): Extract<DeployAnswer, { readonly kind: "failed" }> {
  if (!(thrown instanceof GodwitError)) throw thrown;
  const failure = thrown instanceof AppLoadError ? thrown.failure : { message: thrown.message };
  return { kind: "failed", code: thrown.code, failure };
}

function readRequest(params: unknown): DeployRequest {
  const { appPath, healthMs } = params as Readonly<Record<string, unknown>>;
  if (appPath !== undefined && typeof appPath !== "string") throw new InvalidInputError("appPath", "a path", appPath);
  if (healthMs !== undefined && !(typeof healthMs === "number" && healthMs >= 0)) {
    throw new InvalidInputError("healthMs", "milliseconds", healthMs);
  }
  return { ...(appPath !== undefined && { appPath }), ...(healthMs !== undefined && { healthMs }) };
}

function readCanary(params: unknown): CanaryRequest {
  const { share, promoteAfterMs, maxErrorRate } = params as Readonly<Record<string, unknown>>;
  const request = { ...readRequest(params), share: readNumber("share", share, 0, 1) };
  if (promoteAfterMs === undefined) return request;
  const rule = {
    promoteAfterMs: readNumber("promoteAfterMs", promoteAfterMs, 0, Number.MAX_SAFE_INTEGER),
    maxErrorRate: readNumber("maxErrorRate", maxErrorRate, 0, 1),
  };
  return { ...request, rule };
}

function readNumber(path: string, value: unknown, least: number, most: number): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  throw new InvalidInputError(path, `a number from ${least} to ${most}`, value);
}
