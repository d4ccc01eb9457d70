/** The first gateway's side of `LinkPubSub`: takes part in the hub on behalf of a gateway at the other end of a link. */
import { InvalidInputError } from "../../core/index.ts";
import type { PubSub, Subscription } from "../../pubsub/index.ts";
import type { Link } from "../../wire/index.ts";

export class HubMemberOfLink {
  readonly #member: PubSub;
  readonly #link: Pick<Link, "notify">;
  readonly #subscriptions = new Map<string, Subscription>();

  constructor(member: PubSub, link: Pick<Link, "notify">) {
    this.#member = member;
    this.#link = link;
    member.onGap(() => link.notify("gap", null));
  }

  /** Resolves when it is in force. */
  async subscribe(topic: string): Promise<void> {
    const subscription = this.#member.subscribe(topic, (message) => this.#link.notify("message", [topic, message]));
    this.#subscriptions.set(topic, subscription);
    await subscription.ready;
  }

  /** True when the notification was about pub/sub. */
  take(kind: string, data: unknown): boolean {
    if (kind === "publish") this.#publish(data);
    else if (kind === "unsubscribe") this.#unsubscribe(String(data));
    else return false;
    return true;
  }

  async stop(): Promise<void> {
    await this.#member.stop();
    this.#subscriptions.clear();
  }

  #publish(data: unknown): void {
    const [topic, message] = data as readonly [unknown, unknown];
    if (typeof topic !== "string" || typeof message !== "string") {
      throw new InvalidInputError("publish", "a topic and a message", data);
    }
    this.#member.publish(topic, message);
  }

  #unsubscribe(topic: string): void {
    this.#subscriptions.get(topic)?.unsubscribe();
    this.#subscriptions.delete(topic);
  }
}
