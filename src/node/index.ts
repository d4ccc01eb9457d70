export { AppLoadError } from "./app-load-error.ts";
export { type ControlClient, connectControl } from "./control/control-client.ts";
export { askForDeploy } from "./deploy/ask-for-deploy.ts";
export type { Deployed, DeployRequest } from "./deploy/deployer.ts";
export type {
  ConsoleControl,
  ConsoleHello,
  ConsoleQueries,
  ConsoleQuery,
  ControlResult,
  DeadFilter,
  DeadRow,
  ErrorRow,
  ErrorState,
  ErrorView,
  KeyMessage,
  KeyRow,
  KeyView,
  LaneRow,
  Mark,
  Pulse,
  PulsePoint,
  PulseSeries,
  ShardRow,
  TopicRow,
  TopicView,
  WorkerPulse,
} from "./gateway/console-protocol.ts";
export type { LoadFailure } from "./link-protocol.ts";
export type { NodeConfig, RunningNode } from "./node-config.ts";
export { startNode } from "./start-node.ts";
