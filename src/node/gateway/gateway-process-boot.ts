/** What a gateway process is told at birth, in one environment variable: it holds a password. */
import type { NodeConfig } from "../node-config.ts";

export interface GatewayProcessBoot
  extends Pick<NodeConfig, "nodeName" | "host" | "store" | "apiToken" | "shutdownMs"> {
  /** Unique to this incarnation. */
  readonly gatewayId: string;
  /** `g1`, `g2` …, the same over all incarnations. */
  readonly slot: string;
  /** The port that the first gateway has. */
  readonly port: number;
  /** Where it listens for the workers. */
  readonly socketPath: string;
  /** Where the first gateway listens for it. */
  readonly hub: string;
  readonly database: string;
  readonly pagesFolder: string;
}

export const GATEWAY_BOOT_VARIABLE = "GODWIT_GATEWAY_BOOT";

export function encodeGatewayBoot(boot: GatewayProcessBoot): string {
  return JSON.stringify(boot);
}

/** Read once, by the gateway's main file; only a node starts gateways, so a missing variable is a wrong use of that file. */
export function decodeGatewayBoot(text: string | undefined): GatewayProcessBoot {
  if (text === undefined) throw new Error(`${GATEWAY_BOOT_VARIABLE} is not set: gateways are started by a node`);
  return JSON.parse(text) as GatewayProcessBoot;
}
