import { type Clock, systemClock } from "../core/index.ts";
import type { ConnectorManifest } from "./connector.ts";
import type { InboundDoor } from "./inbound-door.ts";
import { messengerDoor } from "./messenger-door.ts";
import { type CreateHmac, webCryptoHmac } from "./signature.ts";
import { telegramDoor } from "./telegram-door.ts";
import { webhookDoor } from "./webhook-door.ts";

export interface DoorServices {
  /** Default: WebCrypto, which is asynchronous; a gateway gives its runtime's synchronous one. */
  readonly createHmac?: CreateHmac;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** Makes a connector's entrance from its manifest: kinds are built in, so that no user code runs where sockets live. */
export function createDoor(manifest: ConnectorManifest, services: DoorServices = {}): InboundDoor {
  const { createHmac = webCryptoHmac, clock = systemClock } = services;
  switch (manifest.kind) {
    case "telegram":
      return telegramDoor(manifest);
    case "messenger":
      return messengerDoor(manifest, createHmac);
    case "webhook":
      return webhookDoor(manifest, createHmac, clock);
  }
}
