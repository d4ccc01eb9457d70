import { ConfigError, describe } from "../core/index.ts";
import type { ManifestBase } from "./connector.ts";
import type { DeliveryOptions } from "./delivery-options.ts";

/** An actor's definition, or its name. */
export type ActorReference = string | { readonly name: string };

/** What every connector's options have. */
export interface ConnectorOptions {
  /** The actor that receives. */
  readonly to: ActorReference;
  /** Default `/webhooks/<name>`. */
  readonly path?: string;
  /** A longer webhook is refused with 413. Default 1 MiB; Telegram's updates and Messenger's batches stay far below. */
  readonly maxBodyBytes?: number;
  /** How replies are sent. */
  readonly delivery?: DeliveryOptions;
}

const DEFAULT_MAX_BODY_BYTES = 1024 * 1024;

/** The part of a manifest that is alike in all. @throws ConfigError */
export function manifestBase(name: string, options: ConnectorOptions): ManifestBase {
  const { to, path = `/webhooks/${name}`, maxBodyBytes = DEFAULT_MAX_BODY_BYTES } = options;
  if (!/^\/[^?#\s]*$/.test(path)) {
    throw new ConfigError(`${name}: path: expected one such as "/webhooks/${name}", received ${describe(path)}`);
  }
  if (!(Number.isInteger(maxBodyBytes) && maxBodyBytes > 0)) {
    throw new ConfigError(`${name}: maxBodyBytes: expected a whole number above 0, received ${describe(maxBodyBytes)}`);
  }
  return { name, to: typeof to === "string" ? to : to.name, path, maxBodyBytes };
}
