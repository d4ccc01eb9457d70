import { bunHmac } from "../adapters/bun/hmac.ts";
import { type ConnectorDefinition, deliveryTarget, type Fetch } from "../connectors/index.ts";
import { type EventName, Events, ManualClock } from "../core/index.ts";
import type { RunOutcome } from "../lanes/index.ts";
import { encodeMeta } from "../store/index.ts";

export interface SendOptions {
  /** The conversation. Default `42`. */
  readonly to?: string;
  /** Default: counts up from 1. */
  readonly seq?: number;
  readonly attempt?: number;
  /** How long ago the message was accepted. */
  readonly ageMs?: number;
  readonly signal?: AbortSignal;
}

/** A connector's delivery target by itself, without lanes: its clock stands still, its messages are `d3-1`, `d3-2`, … of a store named `store`. */
export interface DeliveryDesk {
  readonly clock: ManualClock;
  readonly events: readonly { readonly name: EventName; readonly payload: Readonly<Record<string, unknown>> }[];
  /** One try of one reply. */
  send(reply: unknown, options?: SendOptions): Promise<RunOutcome>;
}

export function openDeliveryDesk(
  definition: ConnectorDefinition,
  services: { readonly fetch?: Fetch } = {},
): DeliveryDesk {
  const clock = new ManualClock();
  const bus = new Events(() => clock.wallMs());
  const events: { name: EventName; payload: Readonly<Record<string, unknown>> }[] = [];
  bus.onAny((payload, { name }) => events.push({ name, payload: { ...payload } }));
  const target = deliveryTarget(definition, {
    clock,
    events: bus,
    createHmac: bunHmac,
    random: () => 0.5,
    storeId: "store",
    ...services,
  });
  let lastSeq = 0;
  return {
    clock,
    events,
    send: async (
      reply,
      { to = "42", seq = ++lastSeq, attempt = 1, ageMs = 0, signal = new AbortController().signal } = {},
    ) =>
      target.run({
        message: {
          shard: 3,
          stream: "out",
          seq,
          target: definition.name,
          key: `${definition.name}:${to}`,
          body: JSON.stringify(reply),
          meta: encodeMeta({ origin: { connector: definition.name, conversation: to } }),
          acceptedAtMs: clock.wallMs() - ageMs,
        },
        void: false,
        state: undefined,
        attempt,
        signal,
        at: () => {},
      }),
  };
}
