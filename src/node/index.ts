export type { NodeConfig, RunningNode } from "./node-config.ts";
