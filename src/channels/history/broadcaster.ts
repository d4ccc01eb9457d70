/**
 * Sends broadcasts on their way: those of topics with history are made durable first, several callers' in one write, and get their position.
 * Runs wherever something broadcasts: in workers, and in the gateway for the HTTP API.
 *
 * Guarantees: `broadcast` resolves once the broadcast is durable (at once for topics without history); broadcasts of one caller to one topic
 * keep their order. One that was written but not delivered, because its process died, is found by the gateways' feeds.
 */
import { BusyError, type Clock, type Events, GodwitError, InvalidInputError, toError } from "../../core/index.ts";
import type { Seq } from "../../store/index.ts";
import type { BroadcastReceipt } from "../host/context-types.ts";
import type { OutgoingBroadcast } from "../host/ports.ts";
import { type ChannelManifest, entryFor, type HistoryPolicy } from "../manifest.ts";
import type { BroadcastCommand } from "../protocol.ts";
import type { HistoryStore } from "./history-store.ts";

export interface BroadcasterOptions {
  readonly manifest: ChannelManifest;
  /** Needed when a channel keeps history. */
  readonly store?: HistoryStore;
  readonly clock: Clock;
  readonly events: Events;
  /** Carries a broadcast to every gateway: `ChannelGateway.deliverBroadcast`. */
  readonly deliver: (broadcast: BroadcastCommand) => void;
  /** Durable broadcasts that may wait to be written; past it `busy`. Default 10,000. */
  readonly maxWaiting?: number;
}

interface Waiting {
  readonly broadcast: OutgoingBroadcast & { readonly body: string };
  readonly policy: HistoryPolicy;
  readonly resolve: (receipt: BroadcastReceipt) => void;
  readonly reject: (error: Error) => void;
}

/** Pruning costs a write; it is done once in so many broadcasts of a topic, or once in a quarter of what is kept. */
const PRUNE_EVERY = 100;
const MAX_BATCH = 500;

export class Broadcaster {
  readonly #options: BroadcasterOptions;
  #waiting: Waiting[] = [];
  #writing = false;

  constructor(options: BroadcasterOptions) {
    this.#options = options;
  }

  /**
   * Broadcasts to every socket that has joined the topic.
   * @throws InvalidInputError for bytes on a topic with history (positions travel in JSON); BusyError when too many wait; what the store throws.
   */
  async broadcast(broadcast: OutgoingBroadcast): Promise<BroadcastReceipt> {
    const policy = entryFor(this.#options.manifest, broadcast.topic)?.history;
    if (policy) return this.#enqueue(broadcast, policy);
    this.#options.deliver({ kind: "broadcast", ...broadcast });
    return {};
  }

  /** Delivers a broadcast that a commit has made durable already. */
  committed(broadcast: OutgoingBroadcast, seq: Seq): void {
    this.#options.deliver({ kind: "broadcast", ...broadcast, seq });
    const policy = entryFor(this.#options.manifest, broadcast.topic)?.history;
    if (policy) this.#pruneIfDue(broadcast.topic, seq, policy);
  }

  #enqueue(broadcast: OutgoingBroadcast, policy: HistoryPolicy): Promise<BroadcastReceipt> {
    const { body } = broadcast;
    if (typeof body !== "string") {
      throw new InvalidInputError(`payload of ${broadcast.event}`, "an object: the topic keeps history", "bytes");
    }
    if (this.#waiting.length >= (this.#options.maxWaiting ?? 10_000)) throw new BusyError("the history's queue", 1_000);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ broadcast: { ...broadcast, body }, policy, resolve, reject });
      if (!this.#writing) void this.#write();
    });
  }

  async #write(): Promise<void> {
    this.#writing = true;
    await Promise.resolve(); // What this tick still broadcasts joins the batch.
    while (this.#waiting.length > 0) await this.#writeBatch(this.#waiting.splice(0, MAX_BATCH));
    this.#writing = false;
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    const { store, clock } = this.#options;
    try {
      if (!store) throw new GodwitError("config", "a channel keeps history, but there is no store");
      const writes = batch.map(({ broadcast: { topic, event, body } }) => ({ topic, event, payload: body }));
      const seqs = await store.appendHistory(writes, clock.wallMs());
      for (const [index, waiting] of batch.entries()) this.#written(waiting, seqs[index] as Seq);
    } catch (thrown) {
      for (const { reject } of batch) reject(toError(thrown));
    }
  }

  #written({ broadcast, policy, resolve }: Waiting, seq: Seq): void {
    this.#options.deliver({ kind: "broadcast", ...broadcast, seq });
    resolve({ seq });
    this.#pruneIfDue(broadcast.topic, seq, policy);
  }

  #pruneIfDue(topic: string, seq: Seq, { count, ageMs }: HistoryPolicy): void {
    const every = Math.max(1, Math.min(PRUNE_EVERY, Math.ceil((count ?? PRUNE_EVERY) / 4)));
    if (seq % every !== 0) return;
    const keep = {
      ...(count === undefined ? {} : { count }),
      ...(ageMs === undefined ? {} : { sinceMs: this.#options.clock.wallMs() - ageMs }),
    };
    this.#options.store?.pruneHistory(topic, keep).catch((thrown) => {
      this.#options.events.emit("error.caught", { stage: "channels.prune-history", error: toError(thrown) });
    });
  }
}
