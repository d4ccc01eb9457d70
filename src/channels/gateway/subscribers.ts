/**
 * The subscribers of one topic, and the fan-out to them. A subscriber is `native` when the runtime fans out to it (`SocketTransport.native`),
 * else `direct`: sent to one by one. Both get the same frames in the same order.
 */

import { phoenixV2 } from "../../wire/index.ts";
import type { GatewayContext } from "./context.ts";
import type { EncodedBroadcast } from "./encoded-broadcast.ts";
import type { Membership } from "./socket-session.ts";
import type { NativeSubscriber } from "./transport.ts";

export interface FanOutPorts {
  readonly context: GatewayContext;
  /** So many bytes were just published to the native ones: look after their queues. */
  published(subscribers: Subscribers, bytes: number): void;
}

export class Subscribers {
  readonly #topic: string;
  readonly #ports: FanOutPorts;
  readonly #direct = new Set<Membership>();
  readonly #native = new Set<Membership>();

  constructor(topic: string, ports: FanOutPorts) {
    this.#topic = topic;
    this.#ports = ports;
  }

  get size(): number {
    return this.#direct.size + this.#native.size;
  }

  native(): Iterable<Membership> {
    return this.#native;
  }

  *all(): IterableIterator<Membership> {
    yield* this.#direct;
    yield* this.#native;
  }

  add(member: Membership): void {
    this.#ports.context.traffic.joins++;
    const native = this.#nativeSubscriber(member);
    if (!native) {
      this.#direct.add(member);
      return;
    }
    this.#native.add(member);
    native.subscribe(this.#topic);
  }

  delete(member: Membership): void {
    if (this.#direct.delete(member)) return;
    if (this.#native.delete(member) && !member.socket.closed) {
      member.socket.transport.native?.unsubscribe(this.#topic);
    }
  }

  /** To every subscriber but `except`. */
  send(broadcast: EncodedBroadcast, except: Membership | undefined): void {
    if (this.#native.size > 0) this.#publish(broadcast, except);
    for (const member of this.#direct) if (member !== except) this.sendTo(member, broadcast);
  }

  sendTo(member: Membership, broadcast: EncodedBroadcast): void {
    const frame = member.socket.carries(broadcast.body) ? broadcast.frame(member.socket.serializer) : null;
    if (frame === null) return this.#dropped(broadcast);
    member.socket.send(frame);
  }

  #publish(broadcast: EncodedBroadcast, except: Membership | undefined): void {
    const frame = broadcast.frame(phoenixV2);
    if (frame === null) return this.#dropped(broadcast);
    const sender = except && this.#native.has(except) ? except.socket.transport.native : undefined;
    if (sender) sender.publishToOthers(this.#topic, frame);
    else this.#ports.context.nativePublish?.(this.#topic, frame);
    this.#ports.context.traffic.sent += this.#native.size - (sender ? 1 : 0);
    this.#ports.published(this, frame.length);
  }

  #dropped({ event }: EncodedBroadcast): void {
    const { events } = this.#ports.context;
    events.emit("channel.message-dropped", { topic: this.#topic, event, reason: "unencodable" });
  }

  /** Native fan-out sends version 2 frames, the same to all. */
  #nativeSubscriber(member: Membership): NativeSubscriber | undefined {
    const usable = this.#ports.context.nativePublish !== undefined && member.socket.serializer.version === "2.0.0";
    return usable ? member.socket.transport.native : undefined;
  }
}
