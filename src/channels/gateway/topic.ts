/**
 * A topic that somebody at this gateway has joined: its subscribers, and how a broadcast reaches them.
 *
 * A subscriber is `native` when the runtime fans out to it (`SocketTransport.native`), else `direct`: sent to one by one. Both kinds get the
 * same frames in the same order. Made with the first subscriber, dropped with the last; nothing of it needs to survive.
 */
import { phoenixV2 } from "../../wire/index.ts";
import type { ChannelEntry } from "../manifest.ts";
import type { GatewayContext } from "./context.ts";
import type { EncodedBroadcast } from "./encoded-broadcast.ts";
import type { Membership } from "./membership.ts";
import type { NativeSubscriber } from "./transport.ts";

/** Told after each fan-out, to look after sockets that read too slowly. */
export interface FanOutObserver {
  /** One socket has just been sent to. */
  sentTo(member: Membership): void;
  /** So many bytes were just published to the topic's native subscribers. */
  published(topic: Topic, bytes: number): void;
}

export class Topic {
  readonly name: string;
  readonly entry: ChannelEntry;
  readonly #context: GatewayContext;
  readonly #observer: FanOutObserver;
  readonly #direct = new Set<Membership>();
  readonly #native = new Map<Membership, NativeSubscriber>();

  constructor(name: string, entry: ChannelEntry, context: GatewayContext, observer: FanOutObserver) {
    this.name = name;
    this.entry = entry;
    this.#context = context;
    this.#observer = observer;
  }

  get size(): number {
    return this.#direct.size + this.#native.size;
  }

  *members(): IterableIterator<Membership> {
    yield* this.#direct;
    yield* this.#native.keys();
  }

  nativeMembers(): Iterable<Membership> {
    return this.#native.keys();
  }

  add(member: Membership): void {
    const native = this.#nativeSubscriber(member);
    if (!native) {
      this.#direct.add(member);
      return;
    }
    this.#native.set(member, native);
    native.subscribe(this.name);
  }

  delete(member: Membership): void {
    if (this.#direct.delete(member)) return;
    this.#native.get(member)?.unsubscribe(this.name);
    this.#native.delete(member);
  }

  /** To every subscriber but `except`. */
  send(broadcast: EncodedBroadcast, except: Membership | undefined): void {
    if (this.#native.size > 0) this.#publish(broadcast, except);
    for (const member of this.#direct) if (member !== except) this.sendTo(member, broadcast);
  }

  sendTo(member: Membership, broadcast: EncodedBroadcast): void {
    const frame = member.socket.carries(broadcast.body) ? broadcast.frame(member.socket.serializer) : null;
    if (frame === null) {
      this.#context.events.emit("channel.message-dropped", {
        topic: this.name,
        event: broadcast.event,
        reason: "unencodable",
      });
      return;
    }
    member.socket.send(frame);
    this.#observer.sentTo(member);
  }

  #publish(broadcast: EncodedBroadcast, except: Membership | undefined): void {
    const frame = broadcast.frame(phoenixV2);
    if (frame === null) return;
    const sender = except && this.#native.get(except);
    if (sender) sender.publishToOthers(this.name, frame);
    else this.#context.nativePublish?.(this.name, frame);
    this.#observer.published(this, frame.length);
  }

  /** Native fan-out sends version 2 frames, the same to all. */
  #nativeSubscriber(member: Membership): NativeSubscriber | undefined {
    const usable = this.#context.nativePublish !== undefined && member.socket.serializer.version === "2.0.0";
    return usable ? member.socket.transport.native : undefined;
  }
}
