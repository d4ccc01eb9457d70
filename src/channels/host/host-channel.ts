/**
 * A channel as one worker knows it: a cache of what the gateway keeps, and the lane in which its handlers run one at a time.
 * A worker that dies loses nothing by it: the gateway attaches the channel to the next one with its newest assigns.
 */
import type { ChannelDefinition } from "../define.ts";
import type { Assigns, AssignsChange, Attachment, ChannelId, SocketInfo } from "../protocol.ts";

export class HostChannel {
  readonly id: ChannelId;
  readonly definition: ChannelDefinition;
  readonly topic: string;
  /** Replaced when its client has shown a new token. */
  socket: SocketInfo;
  #assigns: Assigns;
  #version: number;
  #reportedVersion: number;
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(id: ChannelId, definition: ChannelDefinition, attachment: Attachment) {
    this.id = id;
    this.definition = definition;
    this.topic = attachment.topic;
    this.socket = attachment.socket;
    this.#assigns = attachment.assigns;
    this.#version = attachment.assignsVersion;
    this.#reportedVersion = this.#version;
  }

  get assigns(): Assigns {
    return this.#assigns;
  }

  assign(changes: Assigns): void {
    this.#assigns = { ...this.#assigns, ...changes };
    this.#version++;
  }

  /** What the gateway has not heard yet; null when there is nothing. */
  takeChange(): AssignsChange | null {
    if (this.#version === this.#reportedVersion) return null;
    this.#reportedVersion = this.#version;
    return { version: this.#version, value: this.#assigns };
  }

  /** Runs `work`, which does not throw at once, after all that was given before it: now, when that is done. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#waiting === 0 ? work() : this.#tail.then(work);
    this.#waiting++;
    const done = (): void => {
      this.#waiting--;
    };
    this.#tail = result.then(done, done);
    return result;
  }

  /** Resolves when all that was given so far has run. */
  idle(): Promise<unknown> {
    return this.#tail;
  }
}
