/**
 * A topic that somebody at this gateway has joined: in which order what happens on it reaches its subscribers.
 *
 * Everything goes through one line of steps: a broadcast, a filtered broadcast, a subscriber's entry with what it missed. A step that must ask a
 * worker (`intercept`) holds up those behind it, so that order holds for everybody; with no such step the line is always empty and each
 * step runs at once. The line is bounded. Made with the first membership, dropped with the last; nothing of it needs to survive.
 */

import { toError } from "../../core/index.ts";
import { HistoryFeed } from "../history/history-feed.ts";
import { asObjectText } from "../history/history-fields.ts";
import type { SequencedBroadcast } from "../history/sequenced-broadcast.ts";
import type { ChannelEntry } from "../manifest.ts";
import { type ChannelId, type FilterVerdict, fromLinkBody, type LinkBody, toLinkBody } from "../protocol.ts";
import { EncodedBroadcast } from "./encoded-broadcast.ts";
import type { Membership } from "./socket-session.ts";
import { type FanOutPorts, Subscribers } from "./subscribers.ts";

/** What a topic needs of the gateway around it. */
export interface TopicPorts extends FanOutPorts {
  find(channel: ChannelId): Membership | undefined;
  filter(members: readonly Membership[], event: string, body: LinkBody): Promise<FilterVerdict[]>;
  /** The member's client must join again. */
  fail(member: Membership, reason: "slow_consumer" | "history_gap"): void;
}

type Step = () => void | Promise<void>;

const MAX_STEPS = 1_000;
const FILTER_BATCH = 500;

export class Topic {
  readonly name: string;
  readonly entry: ChannelEntry;
  /** Null for topics that keep no history. */
  readonly feed: HistoryFeed | null;
  readonly subscribers: Subscribers;
  /** Memberships, subscribed or about to be. */
  holders = 0;
  /** Until broadcasts of other gateways arrive. */
  opening: Promise<void> | undefined = undefined;
  readonly #ports: TopicPorts;
  readonly #steps: Step[] = [];
  #busy = false;

  constructor(name: string, entry: ChannelEntry, ports: TopicPorts) {
    this.name = name;
    this.entry = entry;
    this.#ports = ports;
    this.subscribers = new Subscribers(name, ports);
    const { store } = ports.context;
    this.feed =
      entry.history && store
        ? new HistoryFeed({
            topic: name,
            context: ports.context,
            store,
            deliver: (broadcast) => this.#deliver(broadcast.event, broadcast.body, broadcast.except),
            lost: () => this.#failAll(),
          })
        : null;
  }

  /** Takes a broadcast from anywhere. Durable ones (with `seq`) are put in order first. */
  broadcast(event: string, body: LinkBody, seq: number | undefined, except: ChannelId | undefined): void {
    if (this.feed && seq !== undefined && typeof body === "string") this.feed.offer(seq, event, body, except);
    else this.#deliver(event, typeof body === "string" ? asObjectText(body) : fromLinkBody(body), except);
  }

  /** What only this gateway says, such as presence: never durable, never filtered. */
  announce(event: string, body: string): void {
    this.#enqueue(() => this.subscribers.send(new EncodedBroadcast(this.name, event, body), undefined));
  }

  /** Sends what the member missed, makes it a subscriber, and then calls `entered`; all in the topic's order. */
  enter(member: Membership, missed: readonly SequencedBroadcast[], entered: () => void): void {
    this.#enqueue(() => {
      const seen = this.entry.intercepts.length > 0 ? this.#filterMissed(member, missed) : missed;
      if (!(seen instanceof Promise)) return this.#finishEntry(member, seen, entered);
      return seen.then((list) => this.#finishEntry(member, list, entered));
    });
  }

  close(): void {
    this.feed?.close();
    this.#steps.length = 0;
  }

  #deliver(event: string, body: string | Uint8Array, except: ChannelId | undefined): void {
    this.#enqueue(() => {
      const sender = except === undefined ? undefined : this.#ports.find(except);
      if (this.entry.intercepts.includes(event)) return this.#deliverFiltered(event, body, sender);
      return this.subscribers.send(new EncodedBroadcast(this.name, event, body), sender);
    });
  }

  async #deliverFiltered(event: string, body: string | Uint8Array, except: Membership | undefined): Promise<void> {
    const whole = new EncodedBroadcast(this.name, event, body);
    const members = [...this.subscribers.all()].filter((member) => member !== except);
    for (let from = 0; from < members.length; from += FILTER_BATCH) {
      const batch = members.slice(from, from + FILTER_BATCH);
      const verdicts = await this.#ports.filter(batch, event, toLinkBody(body));
      for (const [index, member] of batch.entries()) this.#sendVerdict(member, whole, verdicts[index] ?? false);
    }
  }

  #sendVerdict(member: Membership, whole: EncodedBroadcast, verdict: FilterVerdict): void {
    if (member.state !== "joined" || verdict === false) return;
    if (verdict === true) return this.subscribers.sendTo(member, whole);
    if (verdict !== "unattached") {
      const seen = new EncodedBroadcast(this.name, whole.event, fromLinkBody(verdict.body));
      return this.subscribers.sendTo(member, seen);
    }
    // No worker could say what this client may see. With history it asks for it again; without, the message is lost to it.
    if (this.feed) return this.#ports.fail(member, "history_gap");
    const { events } = this.#ports.context;
    events.emit("channel.message-dropped", { topic: this.name, event: whole.event, reason: "no worker to filter it" });
  }

  async #filterMissed(
    member: Membership,
    missed: readonly SequencedBroadcast[],
  ): Promise<readonly SequencedBroadcast[]> {
    const seen: SequencedBroadcast[] = [];
    for (const broadcast of missed) {
      const verdict = this.entry.intercepts.includes(broadcast.event)
        ? ((await this.#ports.filter([member], broadcast.event, broadcast.body))[0] ?? "unattached")
        : true;
      if (verdict === "unattached") {
        this.#ports.fail(member, "history_gap");
        return [];
      }
      if (verdict === true) seen.push(broadcast);
      else if (verdict !== false && typeof verdict.body === "string") seen.push({ ...broadcast, body: verdict.body });
    }
    return seen;
  }

  /** Stops where the socket's queue is full: the client joins again from what it has got by then. */
  #finishEntry(member: Membership, missed: readonly SequencedBroadcast[], entered: () => void): void {
    for (const { event, body } of missed) {
      if (member.state !== "joined") return;
      this.subscribers.sendTo(member, new EncodedBroadcast(this.name, event, body));
    }
    if (member.state !== "joined") return;
    this.subscribers.add(member);
    entered();
  }

  #failAll(): void {
    for (const member of [...this.subscribers.all()]) this.#ports.fail(member, "history_gap");
  }

  #enqueue(step: Step): void {
    if (!this.#busy) return this.#run(step);
    if (this.#steps.length < MAX_STEPS) {
      this.#steps.push(step);
      return;
    }
    const { events } = this.#ports.context;
    events.emit("channel.message-dropped", { topic: this.name, event: "*", reason: "too many wait for a filter" });
    if (this.feed) this.#failAll();
  }

  #run(step: Step): void {
    const running = step();
    if (!running) return;
    this.#busy = true;
    running
      .catch((thrown) => {
        this.#ports.context.events.emit("error.caught", { stage: "channels.topic", error: toError(thrown) });
      })
      .then(() => this.#runNext());
  }

  #runNext(): void {
    this.#busy = false;
    while (!this.#busy) {
      const next = this.#steps.shift();
      if (!next) return;
      this.#run(next);
    }
  }
}
