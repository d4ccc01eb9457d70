/** What the gateway must know of an app: plain data, sent by each worker over the private link. It holds connectors' secrets. */
import type { ChannelManifest } from "../channels/index.ts";
import type { ConnectorManifest } from "../connectors/index.ts";

export interface AppManifest {
  readonly name: string;
  readonly codeVersion: string;
  readonly actors: readonly string[];
  readonly channels: ChannelManifest;
  readonly connectors: readonly ConnectorManifest[];
  /** URL path → absolute path of an HTML file. */
  readonly pages: Readonly<Record<string, string>>;
  readonly hasRoutes: boolean;
  readonly inspect: boolean;
  readonly tryThis: readonly string[];
}
