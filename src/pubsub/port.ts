/**
 * Pub/sub between the gateways of a cluster: live words, by topic.
 *
 * What an adapter must promise:
 * - Only members that have subscribed to a topic are sent its messages. A member never hears what it has published itself.
 * - Messages of one publisher on one topic arrive in the order of the calls. Nothing is promised across publishers or topics.
 * - At most once: a message may be lost (the server is away, a queue is full), but never comes twice. After a loss that this member can know of, in
 *   coming or going, `onGap` is called once words flow again, and whoever has a better source (a log, a snapshot) reads that.
 * - `publish` never waits and never throws for a server that is away; what waits to be sent is bounded.
 * - A server that comes back is found again by itself, with all subscriptions.
 * - What another program writes on the same server is passed over, with an event, or delivered as it is: messages are checked by whoever reads them.
 *
 * What it leaves out: durability (the log's), authentication of the other members (the server's), messages to one's own process.
 */
import { InvalidInputError } from "../core/index.ts";

export interface PubSub {
  /** Resolves when messages can flow. @throws ConfigError when the server refuses; what the driver throws when it is away. */
  start(): Promise<void>;
  /** Ends every subscription and closes. Safe twice, and before `start`. */
  stop(): Promise<void>;
  /** Nothing happens before `start` and after `stop`. @throws InvalidInputError on a topic or a message past its bound. */
  publish(topic: string, message: string): void;
  /** The listener is called in order, and must not throw. Several may listen to one topic. @throws InvalidInputError */
  subscribe(topic: string, listener: (message: string) => void): Subscription;
  /** Words may have been lost; called when they flow again. Returns what takes the listener away. */
  onGap(listener: () => void): () => void;
}

export interface Subscription {
  /** Resolves when what is published from now on will arrive. Waits as long as the server is away; never rejects. */
  readonly ready: Promise<void>;
  /** Safe twice. What is on its way may be dropped. */
  unsubscribe(): void;
}

/** Longest topic, in UTF-16 units. */
export const MAX_TOPIC_LENGTH: number = 64 * 1_024;
/** Longest message, in UTF-16 units. */
export const MAX_MESSAGE_LENGTH: number = 16 * 1024 * 1024;

/** @throws InvalidInputError */
export function checkTopic(topic: string): void {
  if (topic === "" || topic.length > MAX_TOPIC_LENGTH) {
    throw new InvalidInputError("pub/sub topic", `1 to ${MAX_TOPIC_LENGTH} characters`, topic);
  }
}

/** @throws InvalidInputError */
export function checkMessage(topic: string, message: string): void {
  checkTopic(topic);
  if (message.length > MAX_MESSAGE_LENGTH) {
    const received = `${message.length} characters`;
    throw new InvalidInputError(`message on ${topic}`, `at most ${MAX_MESSAGE_LENGTH} characters`, received);
  }
}
