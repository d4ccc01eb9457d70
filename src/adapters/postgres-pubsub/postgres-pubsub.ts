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
import { type Clock, type Events, SECOND, type Timer } from "../../core/index.ts";
import {
  type InterestChange,
  type MessageListener,
  type OutgoingMessage,
  type PubSub,
  ServerMember,
  type Subscription,
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

const HEARTBEAT_MS: number = 10 * SECOND;
/** One sends, one reads and looks after subscriptions; the driver adds one that listens. */
const CONNECTIONS = 2;

export class PostgresPubSub implements PubSub {
  readonly #options: PostgresPubSubOptions;
  readonly #id = crypto.randomUUID().replaceAll("-", "");
  readonly #member: ServerMember;
  readonly #reader: ParcelReader;
  #sql: SQL | undefined;
  #listening = false;
  #heartbeat: Timer | undefined;

  constructor(options: PostgresPubSubOptions) {
    const { clock, events } = options;
    this.#options = options;
    const member = new ServerMember({
      adapter: "postgres",
      clock,
      events,
      send: (batch) => this.#send(batch),
      apply: (change) => this.#apply(change),
    });
    this.#member = member;
    this.#reader = new ParcelReader({
      fetch: async (id) => (await this.#open().unsafe<{ parcel: string }[]>(PARCEL, [id]))[0]?.parcel,
      deliver: (topic, message) => member.deliver(topic, message),
      lost: (error) => member.gap(error.message),
      refused: (reason) => member.refused("", reason),
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
      await sql.unsafe(SUBSCRIBE, [this.#id, sql.array([], "TEXT")]);
      await sql.listen(
        CHANNEL_PREFIX + this.#id,
        (payload) => this.#reader.take(payload),
        () => this.#listens(),
      );
    } catch (thrown) {
      await this.stop();
      throw thrown;
    }
    this.#member.open();
    this.#beatLater();
  }

  async stop(): Promise<void> {
    this.#heartbeat?.cancel();
    await this.#member.close();
    const sql = this.#sql;
    if (!sql) return;
    this.#sql = undefined;
    await sql.unsafe(LEAVE, [this.#id]).catch(() => undefined); // Away: it is forgotten there in time.
    await sql.close();
  }

  publish(topic: string, message: string): void {
    this.#member.publish(topic, message);
  }

  subscribe(topic: string, listener: MessageListener): Subscription {
    return this.#member.subscribe(topic, listener);
  }

  onGap(listener: () => void): () => void {
    return this.#member.onGap(listener);
  }

  async #send(batch: readonly OutgoingMessage[]): Promise<void> {
    const sql = this.#open();
    const keys = batch.map(({ topic }) => keyOf(topic));
    const pieces = batch.map(({ topic, message }) => JSON.stringify([topic, message]));
    await sql.unsafe(PUBLISH, [sql.array(keys, "TEXT"), sql.array(pieces, "TEXT"), this.#id]);
  }

  async #apply({ added, removed }: InterestChange): Promise<void> {
    const sql = this.#open();
    if (removed.length > 0) await sql.unsafe(UNSUBSCRIBE, [this.#id, sql.array(removed.map(keyOf), "TEXT")]);
    if (added.length > 0) await sql.unsafe(SUBSCRIBE, [this.#id, sql.array(added.map(keyOf), "TEXT")]);
  }

  /** LISTEN is in force: at first, and after each time that it was not. */
  #listens(): void {
    if (this.#listening) this.#member.forgotten("the connection was lost");
    this.#listening = true;
  }

  #beatLater(): void {
    this.#heartbeat = this.#options.clock.after(HEARTBEAT_MS, () => {
      void this.#beat()
        .catch((thrown) => this.#member.caught("heartbeat", thrown))
        .then(() => {
          if (this.#sql) this.#beatLater();
        });
    });
  }

  async #beat(): Promise<void> {
    const sql = this.#open();
    const [known] = await sql.unsafe(TOUCH, [this.#id]);
    if (!known) this.#member.forgotten("the server had forgotten this member");
    for (const statement of SWEEP) await sql.unsafe(statement);
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
