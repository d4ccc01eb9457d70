/**
 * One join of one topic by one socket.
 *
 * States: `joining` (the worker was asked; commands of its handlers are kept back, so that the join's reply precedes any message of the
 * topic) → `joined` → `ended`. Or `joining` → `ended`, when it was refused, left or replaced before the answer came; the answer is then void.
 * Invariant: only a `joined` membership is among its topic's subscribers, and every one that holds its topic releases it. Lives as long as its socket; a worker's death does not touch it.
 */
import type { ClientMessage, PhoenixRef } from "../../wire/index.ts";
import type { ChannelEntry } from "../manifest.ts";
import type { Assigns, AssignsChange, Attachment, ChannelCommand, ChannelId } from "../protocol.ts";
import type { SocketSession } from "./socket-session.ts";
import type { Topic } from "./topic.ts";

export type MembershipState = "joining" | "joined" | "ended";

export const NO_ASSIGNS: Assigns = Object.freeze({});

export class Membership {
  readonly id: ChannelId;
  readonly socket: SocketSession;
  readonly topic: string;
  readonly joinRef: PhoenixRef;
  entry: ChannelEntry;
  state: MembershipState = "joining";
  assigns: Assigns = NO_ASSIGNS;
  assignsVersion = 0;
  /** The worker that was last told of this channel. */
  attachedTo: string | undefined = undefined;
  /** Its topic here, from the worker's consent to the end. */
  retained: Topic | undefined = undefined;
  /** Commands kept back; undefined once it is a subscriber. */
  held: ChannelCommand[] | undefined = [];
  /** Messages that a worker has in hand. */
  inFlight = 0;
  /** Messages kept back: until it has joined, or until the worker that it moves away from has answered what it has in hand. */
  kept: ClientMessage[] | undefined = undefined;
  /** Presences that this channel tracks: key → ref. */
  presences: Map<string, string> | undefined = undefined;

  constructor(id: ChannelId, socket: SocketSession, topic: string, joinRef: PhoenixRef, entry: ChannelEntry) {
    this.id = id;
    this.socket = socket;
    this.topic = topic;
    this.joinRef = joinRef;
    this.entry = entry;
  }

  /** Takes over changed assigns, unless newer ones are here already. */
  applyAssigns(change: AssignsChange | null): void {
    if (change === null || change.version <= this.assignsVersion) return;
    this.assigns = isEmpty(change.value) ? NO_ASSIGNS : change.value;
    this.assignsVersion = change.version;
  }

  attachment(): Attachment {
    return {
      topic: this.topic,
      socket: this.socket.info(),
      assigns: this.assigns,
      assignsVersion: this.assignsVersion,
    };
  }
}

function isEmpty(assigns: Assigns): boolean {
  for (const _key in assigns) return false;
  return true;
}
