import type { Clock } from "../../core/index.ts";
import { connectControl } from "../control/control-client.ts";
import { type DeployAnswer, deployError } from "./deploy-requests.ts";

/** As `DeployRequest`, as far as it is given. */
export interface DeployWish {
  readonly appPath: string | undefined;
  readonly healthMs: number | undefined;
}

/**
 * Asks the node that runs on a data folder to deploy; resolves when the new code serves.
 * @throws GodwitError `node_not_running`; AppLoadError and others as `RunningNode.deploy`.
 */
export async function askForDeploy(
  dataFolder: string,
  wish: DeployWish,
  clock: Clock,
  deadlineMs: number,
): Promise<Extract<DeployAnswer, { readonly kind: "deployed" }>> {
  const client = await connectControl(dataFolder, clock);
  try {
    const answer = (await client.call("deploy", wish, deadlineMs)) as DeployAnswer;
    if (answer.kind === "failed") throw deployError(answer);
    return answer;
  } finally {
    client.close();
  }
}
