import { type Clock, type Events, GodwitError, systemClock } from "../core/index.ts";
import type { LaneTarget, RunOutcome } from "../lanes/index.ts";
import type { ConnectorDefinition } from "./connector.ts";
import { Courier, MAX_WAIT_IN_RUN_MS } from "./courier.ts";
import { DeliveryError } from "./delivery-error.ts";
import type { Fetch } from "./exchange.ts";
import { messengerProvider } from "./messenger-delivery.ts";
import type { OutboundProvider } from "./provider.ts";
import { type CreateHmac, webCryptoHmac } from "./signature.ts";
import { telegramProvider } from "./telegram-delivery.ts";
import { webhookProvider } from "./webhook-delivery.ts";

export interface DeliveryServices {
  readonly events: Events;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch;
  /** Signs replies of generic webhooks. Default: WebCrypto. */
  readonly createHmac?: CreateHmac;
  readonly random?: () => number;
  /**
   * This worker's part of the connector's rate limit over all conversations, in (0, 1]; asked before each request. With W
   * workers that share the conversations: `() => 1 / W`. Default 1.
   */
  readonly rateShare?: () => number;
  /** `Store.storeId` of the store that the deliveries lie in; part of their idempotency keys. */
  readonly storeId: string;
}

/** A run that was given its time for the request and for the rate limit has a second left to end in order. */
const MARGIN_MS = 1_000;

/**
 * What runs in a connector's outgoing lanes. At least once and in order per lane; each try carries the header
 * `Idempotency-Key: <store id>-<message id>`, the same every time. A message of such a lane: body the `Reply` as JSON,
 * `meta.origin` the conversation that it goes to.
 */
export function deliveryTarget(definition: ConnectorDefinition, services: DeliveryServices): LaneTarget {
  const { name, delivery } = definition;
  const {
    clock = systemClock,
    events,
    random = Math.random,
    createHmac = webCryptoHmac,
    rateShare = () => 1,
    storeId,
  } = services;
  const fetch = services.fetch ?? ((url, init) => globalThis.fetch(url, init));
  const provider = providerOf(definition, createHmac);
  const courier =
    provider && new Courier(name, provider, delivery, { clock, events, fetch, random, rateShare, storeId });
  return {
    stream: "out",
    name,
    retry: {
      attempts: delivery.attempts,
      backoff: delivery.backoff,
      retryable: (error) => !(error instanceof GodwitError) || error.retryable,
    },
    onDead: delivery.onDead,
    timeoutMs: delivery.requestTimeoutMs + MAX_WAIT_IN_RUN_MS + MARGIN_MS,
    concurrency: delivery.concurrency,
    // Else a crash would have several messages of a conversation sent again: `1 2 1 2`, where providers know no
    // idempotency key. So at most one.
    afterCommit: true,
    run: (run) => (courier ? courier.deliver(run) : NOWHERE),
  };
}

const NOWHERE: RunOutcome = {
  kind: "dead",
  error: new DeliveryError("delivery_invalid", "the connector has no deliverUrl: replies cannot be sent"),
};

function providerOf(definition: ConnectorDefinition, createHmac: CreateHmac): OutboundProvider | undefined {
  switch (definition.kind) {
    case "telegram":
      return telegramProvider(definition);
    case "messenger":
      return messengerProvider(definition);
    case "webhook":
      return webhookProvider(definition, createHmac);
  }
}
