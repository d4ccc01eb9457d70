import type { DeliverySettings } from "./delivery-options.ts";
import type { PointerSteps } from "./json-pointer.ts";

/**
 * A connector as data: what its function (`telegram`, `messenger`, `webhook`) has made of the options and the
 * environment. It holds secrets: never log one. `toManifest` gives the part that a gateway needs.
 */
export type ConnectorDefinition = TelegramDefinition | MessengerDefinition | WebhookDefinition;

/**
 * What a gateway makes a door from: plain JSON, with the secrets that verify, without those that send. For a private
 * socket only.
 */
export type ConnectorManifest = TelegramManifest | MessengerManifest | WebhookManifest;

export interface ManifestBase {
  /** Unique in an app: prefix of the keys, target of the deliveries. */
  readonly name: string;
  /** The actor that receives. */
  readonly to: string;
  /** `/webhooks/<name>` unless told otherwise. */
  readonly path: string;
  readonly maxBodyBytes: number;
}

export interface TelegramManifest extends ManifestBase {
  readonly kind: "telegram";
  readonly secretToken: string;
  readonly events: "messages" | "all";
  /** Wait for missing `update_id`s this long; null: take updates as they come. */
  readonly gapWaitMs: number | null;
  readonly raw: boolean;
}

export interface MessengerManifest extends ManifestBase {
  readonly kind: "messenger";
  readonly appSecret: string;
  readonly verifyToken: string;
  readonly raw: boolean;
}

export interface WebhookManifest extends ManifestBase {
  readonly kind: "webhook";
  /** Base64 of the signing keys, any of which may have signed. */
  readonly secrets: readonly string[];
  readonly toleranceMs: number;
  readonly key: PointerSteps;
  /** Null: the header `webhook-id`. */
  readonly id: PointerSteps | null;
  readonly seq: { readonly at: PointerSteps; readonly per: "key" | "connector"; readonly gapWaitMs: number } | null;
}

interface DefinitionBase {
  readonly name: string;
  /** The actor that receives. */
  readonly to: string;
  readonly delivery: DeliverySettings;
}

export interface TelegramDefinition extends DefinitionBase {
  readonly kind: "telegram";
  readonly manifest: TelegramManifest;
  readonly token: string;
  readonly baseUrl: string;
}

export interface MessengerDefinition extends DefinitionBase {
  readonly kind: "messenger";
  readonly manifest: MessengerManifest;
  readonly pageAccessToken: string;
  readonly baseUrl: string;
  readonly apiVersion: string;
}

export interface WebhookDefinition extends DefinitionBase {
  readonly kind: "webhook";
  readonly manifest: WebhookManifest;
  /** Where replies are posted; null: they cannot be sent. */
  readonly deliverUrl: string | null;
}

/** The part of a connector that goes to the gateways, where no user code runs. */
export function toManifest(definition: ConnectorDefinition): ConnectorManifest {
  return definition.manifest;
}
