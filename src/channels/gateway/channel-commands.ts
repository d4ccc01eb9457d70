/** Carries out what a channel's handlers ask of the gateway. */

import type { PresenceTable } from "../presence/presence-table.ts";
import { type ChannelCommand, fromLinkBody, type PresenceMeta } from "../protocol.ts";
import type { GatewayContext } from "./context.ts";
import type { Membership } from "./socket-session.ts";

export class ChannelCommands {
  readonly #context: GatewayContext;
  readonly #presence: PresenceTable;
  readonly #stop: (member: Membership) => void;

  constructor(context: GatewayContext, presence: PresenceTable, stop: (member: Membership) => void) {
    this.#context = context;
    this.#presence = presence;
    this.#stop = stop;
  }

  /** Runs a command, or keeps it until the member has become a subscriber: the join's reply and what it missed go first. */
  run(member: Membership, command: ChannelCommand): void {
    if (member.state === "ended") return;
    if (member.held && command.kind !== "assigns") member.held.push(command);
    else this.#carryOut(member, command);
  }

  /** The member has become a subscriber: shows it who is present, and runs what was kept back. */
  entered(member: Membership): void {
    if (member.entry.presence) this.#push(member, "presence_state", JSON.stringify(this.#presence.list(member.topic)));
    const held = member.held ?? [];
    member.held = undefined;
    for (const command of held) this.run(member, command);
  }

  /** The channel has ended: so have its presences. */
  untrackAll(member: Membership): void {
    if (member.presences) this.#presence.untrack(member.presences.values());
    member.presences = undefined;
  }

  #carryOut(member: Membership, command: ChannelCommand): void {
    switch (command.kind) {
      case "push":
        return this.#push(member, command.event, fromLinkBody(command.body));
      case "reply":
        return member.socket.reply(
          member.joinRef,
          command.ref,
          member.topic,
          command.reply.status,
          fromLinkBody(command.reply.body),
        );
      case "assigns":
        return member.applyAssigns(command.assigns);
      case "stop":
        return this.#stop(member);
      case "track":
      case "update":
        return this.#track(member, command.key, command.meta);
      case "untrack":
        return this.#untrack(member, command.key);
    }
  }

  /** A key that the channel tracks already is updated: one diff, whose join carries `phx_ref_prev`. */
  #track(member: Membership, key: string, meta: PresenceMeta): void {
    member.presences ??= new Map();
    const previous = member.presences.get(key);
    if (previous === undefined && member.presences.size >= this.#context.limits.maxPresencesPerChannel) {
      this.#context.events.emit("socket.limited", {
        limit: "maxPresencesPerChannel",
        socketId: member.socket.identity.id,
      });
      return;
    }
    member.presences.set(key, this.#presence.track(member.topic, key, meta, previous).ref);
  }

  #untrack(member: Membership, key: string): void {
    const ref = member.presences?.get(key);
    if (ref === undefined) return;
    member.presences?.delete(key);
    this.#presence.untrack([ref]);
  }

  #push(member: Membership, event: string, body: string | Uint8Array): void {
    if (member.socket.push(member.joinRef, null, member.topic, event, body)) return;
    this.#context.events.emit("channel.message-dropped", { topic: member.topic, event, reason: "unencodable" });
  }
}
