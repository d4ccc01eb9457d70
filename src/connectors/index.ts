export {
  type ConnectorDefinition,
  type ConnectorManifest,
  type MessengerDefinition,
  type MessengerManifest,
  type TelegramDefinition,
  type TelegramManifest,
  toManifest,
  type WebhookDefinition,
  type WebhookManifest,
} from "./connector.ts";
export type { ActorReference, ConnectorOptions } from "./connector-options.ts";
export { createDoor, type DoorServices } from "./create-door.ts";
export { DeliveryError, type DeliveryErrorCode } from "./delivery-error.ts";
export type { DeliveryOptions, DeliverySettings, RateLimit } from "./delivery-options.ts";
export { type DeliveryServices, deliveryTarget } from "./delivery-target.ts";
export type { Fetch } from "./exchange.ts";
export type {
  DoorOutcome,
  DoorReply,
  InboundDoor,
  InboundMessage,
  RefusalCode,
  WebhookRequest,
} from "./inbound-door.ts";
export type {
  Attachment,
  ChatMessage,
  ChoiceMessage,
  EditedMessage,
  EventMessage,
  Sender,
  TextMessage,
} from "./message.ts";
export { MESSENGER_RATE_LIMIT, type MessengerOptions, messenger } from "./messenger.ts";
export type { Environment } from "./options.ts";
export type { Rate } from "./rate-limit.ts";
export type { Choice, Reply } from "./reply.ts";
export { type CreateHmac, type Hmac, webCryptoHmac } from "./signature.ts";
export { TELEGRAM_RATE_LIMIT, type TelegramOptions, telegram } from "./telegram.ts";
export { type WebhookOptions, webhook } from "./webhook.ts";
