/** Carries out what a channel's handlers ask of the gateway. */
import { type ChannelCommand, fromLinkBody } from "../protocol.ts";
import type { GatewayContext } from "./context.ts";
import type { Membership } from "./membership.ts";

export class ChannelCommands {
  readonly #context: GatewayContext;
  readonly #stop: (member: Membership) => void;

  constructor(context: GatewayContext, stop: (member: Membership) => void) {
    this.#context = context;
    this.#stop = stop;
  }

  /** Runs a command, or keeps it until the join's reply has gone out. */
  run(member: Membership, command: ChannelCommand): void {
    if (member.state === "ended") return;
    if (member.state === "joining" && command.kind !== "assigns") {
      member.held ??= [];
      member.held.push(command);
      return;
    }
    this.#carryOut(member, command);
  }

  untrackAll(member: Membership): void {
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
      case "untrack":
        return;
    }
  }

  #push(member: Membership, event: string, body: string | Uint8Array): void {
    if (member.socket.push(member.joinRef, null, member.topic, event, body)) return;
    this.#context.events.emit("channel.message-dropped", { topic: member.topic, event, reason: "unencodable" });
  }
}
