/**
 * Pub/sub over PostgreSQL's LISTEN and NOTIFY: for the few nodes that share a database anyway.
 *
 * Each member listens on one channel of its own; who gets what is looked up where it is sent, in the same statement. What is published while
 * the last batch is under way goes as one: NOTIFY serialises the commits of a whole database, so it is sent seldom, and never within the
 * transaction of what it tells of. A notification holds 8,000 bytes; larger parcels are stored and go by reference.
 *
 * States: new → started → stopped. A listening connection that breaks is made again by the driver, and then everything that the server should know is
 * written again and `onGap` told: what was sent meanwhile is lost. Needs a connection of its own to listen: no transaction pooler in between.
 */
import { SQL } from "bun";
import { type Clock, type Events, SECOND, type Timer, toError } from "../../core/index.ts";
import {
  checkMessage,
  checkTopic,
  GapListeners,
  type InterestChange,
  InterestSync,
  type MessageListener,
  Outbox,
  type OutgoingMessage,
  type PubSub,
  type Subscription,
  TopicListeners,
} from "../../pubsub/index.ts";
import { ParcelReader } from "./parcel-reader.ts";
import {
  CHANNEL_PREFIX,
  createSchema,
  LEAVE,
  PARCEL,
  PUBLISH,
  SUBSCRIBE,
  SWEEP,
  TOUCH,
  UNSUBSCRIBE,
} from "./schema.ts";

export interface PostgresPubSubOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly events: Events;
}

const ADAPTER = "postgres";
const HEARTBEAT_MS: number = 10 * SECOND;
/** One sends, one reads and looks after subscriptions; the driver adds one that listens. */
const CONNECTIONS = 2;

export class PostgresPubSub implements PubSub {
  readonly #options: PostgresPubSubOptions;
  readonly #member = crypto.randomUUID().replaceAll("-", "");
  readonly #listeners = new TopicListeners();
  readonly #gaps = new GapListeners();
  readonly #outbox: Outbox;
  readonly #interest: InterestSync;
  readonly #reader: ParcelReader;
  #sql: SQL | undefined;
  #listening = false;
  #heartbeat: Timer | undefined;

  constructor(options: PostgresPubSubOptions) {
    const { clock, events } = options;
    this.#options = options;
    this.#outbox = new Outbox({
      send: (batch) => this.#send(batch),
      lost: (messages, cause) => {
        events.emit("pubsub.lost", { adapter: ADAPTER, messages, reason: cause ? toError(cause).message : "full" });
      },
      recovered: () => this.#gap("messages could not be sent"),
    });
    this.#interest = new InterestSync({
      clock,
      apply: (change) => this.#apply(change),
      onError: (thrown) => this.#caught("subscribe", thrown),
    });
    this.#reader = new ParcelReader({
      fetch: async (id) => (await this.#open().unsafe<{ parcel: string }[]>(PARCEL, [id]))[0]?.parcel,
      deliver: (topic, message) => this.#listeners.dispatch(topic, message),
      lost: (error) => this.#gap(error.message),
      refused: (reason) => events.emit("pubsub.message-refused", { topic: "", reason }),
    });
  }

  async start(): Promise<void> {
    const sql = new SQL(this.#options.url, {
      max: CONNECTIONS,
      connection: { application_name: "godwit/pubsub", synchronous_commit: "off" },
    });
    this.#sql = sql;
    try {
      await createSchema(sql);
      await sql.unsafe(SUBSCRIBE, [this.#member, sql.array([], "TEXT")]);
      await sql.listen(
        CHANNEL_PREFIX + this.#member,
        (payload) => this.#reader.take(payload),
        () => this.#listens(),
      );
    } catch (thrown) {
      await this.stop();
      throw thrown;
    }
    this.#beatLater();
  }

  async stop(): Promise<void> {
    const sql = this.#sql;
    if (!sql) return;
    this.#heartbeat?.cancel();
    this.#interest.stop();
    this.#listeners.clear();
    await this.#outbox.idle();
    this.#sql = undefined;
    await sql.unsafe(LEAVE, [this.#member]).catch(() => undefined); // Away: it is forgotten there in time.
    await sql.close();
  }

  publish(topic: string, message: string): void {
    checkMessage(topic, message);
    if (this.#sql) this.#outbox.push({ topic, message });
  }

  subscribe(topic: string, listener: MessageListener): Subscription {
    checkTopic(topic);
    const own: MessageListener = (message) => listener(message);
    this.#listeners.add(topic, own);
    return {
      ready: this.#interest.want(topic),
      unsubscribe: () => {
        if (this.#listeners.delete(topic, own)) this.#interest.unwant(topic);
      },
    };
  }

  onGap(listener: () => void): () => void {
    return this.#gaps.add(listener);
  }

  async #send(batch: readonly OutgoingMessage[]): Promise<void> {
    const sql = this.#open();
    const keys = batch.map(({ topic }) => keyOf(topic));
    const pieces = batch.map(({ topic, message }) => JSON.stringify([topic, message]));
    await sql.unsafe(PUBLISH, [sql.array(keys, "TEXT"), sql.array(pieces, "TEXT"), this.#member]);
  }

  async #apply({ added, removed }: InterestChange): Promise<void> {
    const sql = this.#open();
    if (removed.length > 0) await sql.unsafe(UNSUBSCRIBE, [this.#member, sql.array(removed.map(keyOf), "TEXT")]);
    if (added.length > 0) await sql.unsafe(SUBSCRIBE, [this.#member, sql.array(added.map(keyOf), "TEXT")]);
  }

  /** LISTEN is in force: at first, and after each time that it was not. */
  #listens(): void {
    if (this.#listening) this.#forgotten("the connection was lost");
    this.#listening = true;
  }

  /** Writes everything again that the server may have forgotten. */
  #forgotten(reason: string): void {
    void this.#interest.reset().then(() => this.#gap(reason));
  }

  #beatLater(): void {
    this.#heartbeat = this.#options.clock.after(HEARTBEAT_MS, () => {
      void this.#beat()
        .catch((thrown) => this.#caught("heartbeat", thrown))
        .then(() => {
          if (this.#sql) this.#beatLater();
        });
    });
  }

  async #beat(): Promise<void> {
    const sql = this.#open();
    const [known] = await sql.unsafe(TOUCH, [this.#member]);
    if (!known) this.#forgotten("the server had forgotten this member");
    for (const statement of SWEEP) await sql.unsafe(statement);
  }

  #gap(reason: string): void {
    if (!this.#sql) return;
    this.#options.events.emit("pubsub.gap", { adapter: ADAPTER, reason });
    this.#gaps.tell();
  }

  #caught(what: string, thrown: unknown): void {
    this.#options.events.emit("error.caught", { stage: `pubsub ${what}`, error: toError(thrown) });
  }

  #open(): SQL {
    if (!this.#sql) throw new Error("pub/sub is not started");
    return this.#sql;
  }
}

/** Short, of one length, and free of what a database's text cannot hold. Two topics with one key would only cost a parcel too many. */
function keyOf(topic: string): string {
  return new Bun.CryptoHasher("sha1").update(topic).digest("hex").slice(0, 20);
}
