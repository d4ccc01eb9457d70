export { AppLoadError } from "./app-load-error.ts";
export { type ControlClient, connectControl } from "./control/control-client.ts";
export { type CanaryStanding, type DeployDone, type DeployDoor, deployDoor } from "./deploy/ask-for-deploy.ts";
export type { CanaryStatus } from "./deploy/canary-rollout.ts";
export type { Deployed, DeployRequest } from "./deploy/deployer.ts";
export type {
  ConsoleHello,
  Mark,
  Pulse,
  PulseHealth,
  PulsePoint,
  PulseSeries,
  WorkerPulse,
} from "./gateway/console-protocol.ts";
export type { LoadFailure } from "./link-protocol.ts";
export type { NodeConfig, RunningNode } from "./node-config.ts";
export { runOwnProcess } from "./run-own-process.ts";
export { type NodeMode, startNode } from "./start-node.ts";
