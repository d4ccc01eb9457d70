/** How a channel begins, goes on and ends: join, push, leave, crash. Orders what goes to the client as its protocol demands. */
import { BusyError, DeadlineError, toError } from "../../core/index.ts";
import type { ClientMessage } from "../../wire/index.ts";
import { isWorkerGone } from "../backend.ts";
import { sinceOf, withFields } from "../history/history-fields.ts";
import type { SequencedBroadcast } from "../history/sequenced-broadcast.ts";
import { entryFor } from "../manifest.ts";
import {
  type ChannelId,
  fromLinkBody,
  type JoinResponse,
  type PushResponse,
  type TerminateReason,
} from "../protocol.ts";
import { REASONS } from "../wire-codes.ts";
import type { ChannelCommands } from "./channel-commands.ts";
import type { GatewayContext } from "./context.ts";
import { type ErrorResponse, Membership, type SocketSession } from "./socket-session.ts";
import type { Topic } from "./topic.ts";
import type { Topics } from "./topics.ts";
import type { WorkerCalls } from "./worker-calls.ts";

export interface LifecycleParts {
  readonly context: GatewayContext;
  readonly calls: WorkerCalls;
  readonly topics: Topics;
  readonly commands: ChannelCommands;
  readonly members: Map<ChannelId, Membership>;
}

export class ChannelLifecycle {
  readonly #parts: LifecycleParts;

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  /** Asks whether the socket may join, and lets it in. Never rejects. */
  async join(socket: SocketSession, message: ClientMessage): Promise<void> {
    const { context, members, calls } = this.#parts;
    const entry = entryFor(context.manifest, message.topic);
    if (!entry) return socket.replyError(null, message.ref, message.topic, { reason: REASONS.unmatchedTopic });
    const previous = socket.channels.get(message.topic);
    if (!previous && socket.channels.size >= context.limits.maxChannelsPerSocket) {
      return this.#refuse(socket, message, { reason: REASONS.tooManyChannels });
    }
    const badSince = entry.history ? sinceError(message) : undefined;
    if (badSince) return this.#refuse(socket, message, badSince);
    // A topic's name is kept once for all who have joined it.
    const name = this.#parts.topics.get(message.topic)?.name ?? message.topic;
    const member = new Membership(context.nextChannelId(), socket, name, message.joinRef, entry);
    if (previous) this.end(previous, "replaced");
    socket.channels.set(member);
    members.set(member.id, member);
    socket.inFlight++;
    try {
      const response = await calls.join(member, message.body, previous?.id).catch(joinFailure);
      await this.#finishJoin(member, message, response);
      if (previous) this.#sendClose(previous);
    } catch (thrown) {
      this.#report("channels.join", thrown);
    } finally {
      socket.inFlight--;
    }
  }

  /** Hands a message to the channel's handler, and its answer to the client. Never rejects. */
  async push(member: Membership, message: ClientMessage): Promise<void> {
    if (this.#mustWait(member)) return this.#keep(member, message);
    member.inFlight++;
    member.socket.inFlight++;
    try {
      this.#finishPush(member, message, await this.#ask(member, message));
    } catch (thrown) {
      this.#report("channels.push", thrown);
    } finally {
      member.inFlight--;
      member.socket.inFlight--;
      if (member.kept && !this.#mustWait(member)) this.#pushKept(member);
    }
  }

  async #ask(member: Membership, message: ClientMessage): Promise<PushResponse | Failure> {
    try {
      const response = await this.#parts.calls.push(member, message);
      return response.kind === "unattached" ? await this.#parts.calls.push(member, message, true) : response;
    } catch (thrown) {
      return pushFailure(thrown);
    }
  }

  #finishPush(member: Membership, message: ClientMessage, response: PushResponse | Failure): void {
    switch (response.kind) {
      case "failed":
        return this.#answer(member, message, response.error);
      case "crashed":
        return this.#crash(member, message, response.message);
      case "unattached":
        return this.#answer(member, message, { reason: REASONS.unmatchedTopic });
      case "done": {
        member.applyAssigns(response.assigns);
        if (member.state === "ended" || response.reply === null) return;
        const { status, body } = response.reply;
        return member.socket.reply(member.joinRef, message.ref, member.topic, status, fromLinkBody(body));
      }
    }
  }

  /** One message of a channel at a time, also while it moves from one worker to the next: that one must see the assigns that the last one left. */
  #mustWait(member: Membership): boolean {
    return member.state === "joining" || (member.inFlight > 0 && this.#parts.calls.moves(member));
  }

  /** Kept messages count as waiting for a worker, and so are bounded with the others. */
  #keep(member: Membership, message: ClientMessage): void {
    member.socket.inFlight++;
    member.kept ??= [];
    member.kept.push(message);
  }

  #pushKept(member: Membership): void {
    for (const message of takeKept(member)) void this.push(member, message);
  }

  /** The client leaves: reply ok, then `phx_close`. */
  leave(member: Membership, message: ClientMessage): void {
    this.end(member, "left");
    member.socket.reply(message.joinRef, message.ref, member.topic, "ok", "{}");
    this.#sendClose(member);
  }

  /** The channel ends from the server's side, for good: `phx_close`, and the client does not rejoin. */
  stop(member: Membership): void {
    if (member.state === "ended") return;
    this.end(member, "stopped");
    this.#sendClose(member);
  }

  /** The channel ends and the client should join again: `phx_error`. */
  fail(member: Membership, reason: string, terminate: TerminateReason): void {
    if (member.state === "ended") return;
    this.end(member, terminate);
    member.socket.push(member.joinRef, member.joinRef, member.topic, "phx_error", JSON.stringify({ reason }));
  }

  /** Ends a channel without a word to the client. Safe twice. */
  end(member: Membership, reason: TerminateReason): void {
    if (member.state === "ended") return;
    this.#forget(member);
    this.#parts.calls.terminate(member, reason);
  }

  /** Takes a channel out of everything here; a worker that knows it must be told beside. */
  #forget(member: Membership): void {
    member.socket.channels.delete(member);
    this.#parts.topics.release(member);
    member.state = "ended";
    member.held = undefined;
    for (const { ref } of takeKept(member)) {
      member.socket.replyError(null, ref, member.topic, { reason: REASONS.unmatchedTopic });
    }
    this.#parts.members.delete(member.id);
    this.#parts.commands.untrackAll(member);
  }

  async #finishJoin(member: Membership, message: ClientMessage, response: JoinResponse | Failure): Promise<void> {
    if (member.state === "ended") return;
    switch (response.kind) {
      case "failed":
        this.end(member, "closed"); // The worker may have joined it all the same.
        return this.#refuse(member.socket, message, response.error);
      case "crashed":
        this.#reportCrash(member, "join", response.message);
        this.#forget(member);
        return this.#refuse(member.socket, message, { reason: REASONS.joinCrashed });
      case "refused":
        this.#forget(member);
        return member.socket.reply(message.joinRef, message.ref, member.topic, "error", response.response);
      case "joined":
        member.applyAssigns(response.assigns);
        return this.#admit(member, message, response.response);
    }
  }

  async #admit(member: Membership, message: ClientMessage, response: string): Promise<void> {
    const topic = this.#parts.topics.retain(member);
    if (topic.opening) await topic.opening;
    if (member.state === "ended") return;
    if (!topic.feed) return this.#enter(member, message, topic, response, []);
    const since = typeof message.body === "string" ? sinceOf(message.body) : undefined;
    try {
      await topic.feed.resume(since, ({ position, recovered, missed }) => {
        const fields = recovered === undefined ? { seq: position } : { seq: position, recovered };
        this.#enter(member, message, topic, withFields(response, fields), missed);
      });
    } catch (thrown) {
      this.#report("channels.resume", thrown);
      this.end(member, "closed");
      this.#refuse(member.socket, message, { reason: REASONS.unavailable, retry_after: 1 });
    }
  }

  /** The join's reply, what was missed, the presences, then what the handlers have sent meanwhile: in this order. */
  #enter(
    member: Membership,
    message: ClientMessage,
    topic: Topic,
    response: string,
    missed: readonly SequencedBroadcast[],
  ): void {
    if (member.state === "ended") return;
    member.state = "joined"; // Before the reply, which may find the socket's queue full and end it all.
    member.socket.reply(message.joinRef, message.ref, member.topic, "ok", response);
    topic.enter(member, missed, () => this.#parts.commands.entered(member));
    this.#pushKept(member);
  }

  #refuse(socket: SocketSession, message: ClientMessage, error: ErrorResponse): void {
    socket.replyError(message.joinRef, message.ref, message.topic, error);
  }

  #answer(member: Membership, message: ClientMessage, error: ErrorResponse): void {
    if (member.state !== "ended") member.socket.replyError(member.joinRef, message.ref, member.topic, error);
  }

  #crash(member: Membership, message: ClientMessage, error: string): void {
    this.#reportCrash(member, message.event, error);
    this.#answer(member, message, { reason: REASONS.channelCrash });
    this.fail(member, REASONS.channelCrash, "crashed");
  }

  #report(stage: string, thrown: unknown): void {
    this.#parts.context.events.emit("error.caught", { stage, error: toError(thrown) });
  }

  #reportCrash(member: Membership, event: string, error: string): void {
    this.#parts.context.events.emit("channel.crashed", { topic: member.topic, event, message: error });
  }

  #sendClose(member: Membership): void {
    member.socket.push(member.joinRef, member.joinRef, member.topic, "phx_close", "{}");
  }
}

function takeKept(member: Membership): readonly ClientMessage[] {
  const { kept = [] } = member;
  member.kept = undefined;
  member.socket.inFlight -= kept.length;
  return kept;
}

function sinceError(message: ClientMessage): ErrorResponse | undefined {
  try {
    if (typeof message.body === "string") sinceOf(message.body);
    return undefined;
  } catch (thrown) {
    return { reason: REASONS.invalidParams, issues: [{ path: "since", message: toError(thrown).message }] };
  }
}

interface Failure {
  readonly kind: "failed";
  readonly error: ErrorResponse;
}

function joinFailure(thrown: unknown): Failure {
  if (isWorkerGone(thrown)) return { kind: "failed", error: { reason: REASONS.unavailable, retry_after: 1 } };
  return passingFailure(thrown) ?? { kind: "failed", error: { reason: REASONS.joinCrashed } };
}

function pushFailure(thrown: unknown): Failure | Extract<PushResponse, { kind: "crashed" }> {
  if (isWorkerGone(thrown)) return { kind: "failed", error: { reason: REASONS.workerRestarted, retry: true } };
  return passingFailure(thrown) ?? { kind: "crashed", message: toError(thrown).message };
}

function passingFailure(thrown: unknown): Failure | undefined {
  if (thrown instanceof DeadlineError) return { kind: "failed", error: { reason: REASONS.timeout } };
  if (thrown instanceof BusyError) {
    return {
      kind: "failed",
      error: { reason: REASONS.busy, retry: true, retry_after: seconds(thrown.retryAfterMs ?? 0) },
    };
  }
  return undefined;
}

/** Whole seconds for `retry_after`, at least 1. */
export function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}
