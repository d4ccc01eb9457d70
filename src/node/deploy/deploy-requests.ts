/** What the command line may ask of a node about deploys, and what it is answered. */
import { GodwitError, InvalidInputError } from "../../core/index.ts";
import { AppLoadError } from "../app-load-error.ts";
import type { ControlHandlers } from "../control/control-server.ts";
import type { LoadFailure } from "../link-protocol.ts";
import type { Deployed, Deployer, DeployRequest } from "./deployer.ts";

/** Answer to `deploy`. A failure travels whole: its place in the app file is what its author needs. */
export type DeployAnswer =
  | ({ readonly kind: "deployed" } & Omit<Deployed, "drained">)
  | { readonly kind: "failed"; readonly code: string; readonly failure: LoadFailure };

export function deployRequests(deployer: Pick<Deployer, "deploy">): ControlHandlers {
  return {
    deploy: async (params): Promise<DeployAnswer> => {
      try {
        const { drained: _, ...deployed } = await deployer.deploy(readRequest(params));
        return { kind: "deployed", ...deployed };
      } catch (thrown) {
        return toFailure(thrown);
      }
    },
  };
}

/** What went wrong, as the error that it was. */
export function deployError({ code, failure }: Extract<DeployAnswer, { readonly kind: "failed" }>): GodwitError {
  return code === "app_load_failed" ? new AppLoadError(failure) : new GodwitError(code, failure.message);
}

function toFailure(thrown: unknown): DeployAnswer {
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
