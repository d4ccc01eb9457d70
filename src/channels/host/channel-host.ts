/**
 * Runs the channels of one worker: the only place where a user's channel code runs. Told by gateways what to run, it answers each request once.
 *
 * States of a channel here: unknown → attached (by a join, or by the `attach` of any other request) → unknown (terminated, refused, crashed).
 * Holds no truth: the gateway keeps assigns and membership, so a host may die at any moment, and `unattached` sends for what it does not know.
 */
import { type Events, GodwitError, toError } from "../../core/index.ts";
import type { ChannelDefinition, SocketDefinition } from "../define.ts";
import { matchesPattern } from "../pattern.ts";
import {
  type Attachment,
  type ChannelId,
  type FilterRequest,
  type FilterResponse,
  type FilterVerdict,
  fromLinkBody,
  gatewayOf,
  type HostNotice,
  type HostRequest,
  type JoinRequest,
  type JoinResponse,
  type Payload,
  type PushRequest,
  type PushResponse,
  type ResponseTo,
} from "../protocol.ts";
import { REASONS } from "../wire-codes.ts";
import { objectText } from "./body.ts";
import type { JoinResult } from "./context-types.ts";
import { HandlerContext } from "./handler-context.ts";
import { HostChannel } from "./host-channel.ts";
import type { HostPorts } from "./ports.ts";
import { check } from "./schema.ts";
import { runConnect, runRefresh } from "./socket-handlers.ts";

export interface ChannelHostOptions {
  /** The first whose pattern takes a topic has it. */
  readonly channels: readonly ChannelDefinition[];
  readonly socket?: SocketDefinition;
  readonly ports: HostPorts;
  readonly events: Events;
}

export class ChannelHost {
  readonly #options: ChannelHostOptions;
  readonly #channels = new Map<ChannelId, HostChannel>();

  constructor(options: ChannelHostOptions) {
    this.#options = options;
  }

  /** Channels that this worker knows. */
  get size(): number {
    return this.#channels.size;
  }

  /** Answers a gateway. Never rejects for what a user's code does. */
  request<R extends HostRequest>(request: R): Promise<ResponseTo<R>> {
    return this.#dispatch(request) as Promise<ResponseTo<R>>;
  }

  notify(notice: HostNotice): void {
    const channel = this.#known(notice.channel, notice.attach);
    if (!channel) return;
    const { terminate } = channel.definition.options;
    void channel.run(async () => {
      if (!this.#channels.delete(channel.id)) return; // Its join was refused meanwhile.
      try {
        await terminate?.(notice.reason, this.#context(channel) as never);
      } catch (thrown) {
        this.#options.events.emit("error.caught", { stage: "channel.terminate", error: toError(thrown) });
      }
    });
  }

  /** The gateway is gone, and its sockets with it: their channels end as if each had been closed. */
  gatewayGone(gatewayId: string): void {
    for (const channel of [...this.#channels.keys()]) {
      if (gatewayOf(channel) === gatewayId) this.notify({ kind: "terminate", channel, reason: "closed" });
    }
  }

  #dispatch(request: HostRequest): Promise<ResponseTo<HostRequest>> {
    switch (request.kind) {
      case "connect":
        return runConnect(this.#options, request);
      case "refresh":
        return runRefresh(this.#options, request);
      case "join":
        return this.#join(request);
      case "push":
        return this.#push(request);
      case "filter":
        return this.#filter(request);
    }
  }

  async #join(request: JoinRequest): Promise<JoinResponse> {
    const previous = request.replaces === undefined ? undefined : this.#channels.get(request.replaces);
    const channel = this.#attach(request.channel, request.attach);
    if (!channel) return { kind: "refused", response: JSON.stringify({ reason: REASONS.unmatchedTopic }) };
    const response = await channel.run(async () => {
      await previous?.idle();
      return this.#runJoin(channel, request);
    });
    if (response.kind !== "joined") this.#channels.delete(channel.id);
    return response;
  }

  async #runJoin(channel: HostChannel, request: JoinRequest): Promise<JoinResponse> {
    const { params: schema, join } = channel.definition.options;
    const body = fromLinkBody(request.params);
    if (typeof body !== "string") return refused(REASONS.invalidParams);
    try {
      const given = JSON.parse(body);
      const params = schema ? await check(schema, given) : valid(given);
      if (params.kind === "invalid") return refused(REASONS.invalidParams, params.issues);
      const context = this.#context(channel);
      const result = join
        ? ((await join(params.value as never, context as never)) as JoinResult<never>)
        : context.allow();
      if (result?.kind === "refused") return { kind: "refused", response: objectText(result.response, "refusal") };
      if (result?.kind !== "allowed") return { kind: "crashed", message: "join returned neither allow() nor refuse()" };
      channel.assign(JSON.parse(objectText(result.assigns, "assigns")));
      await context.finish({});
      return { kind: "joined", response: objectText(result.response, "join response"), assigns: channel.takeChange() };
    } catch (thrown) {
      return { kind: "crashed", message: toError(thrown).message };
    }
  }

  #push(request: PushRequest): Promise<PushResponse> {
    const channel = this.#known(request.channel, request.attach);
    if (!channel) return Promise.resolve({ kind: "unattached" });
    return channel.run(() => this.#runPush(channel, request));
  }

  async #runPush(channel: HostChannel, request: PushRequest): Promise<PushResponse> {
    // The join was refused, or a handler crashed, while this waited in the lane.
    if (this.#channels.get(channel.id) !== channel) return { kind: "unattached" };
    const { on, onBinary, events } = channel.definition.options;
    const body = fromLinkBody(request.body);
    const handler = ownProperty(typeof body === "string" ? on : onBinary, request.event);
    if (!handler) return answered(REASONS.unknownEvent, request.event);
    try {
      const schema = typeof body === "string" ? events?.[request.event] : undefined;
      const given = typeof body === "string" ? JSON.parse(body) : body;
      const payload = schema ? await check(schema, given) : valid(given);
      if (payload.kind === "invalid") return answered(REASONS.invalidPayload, request.event, payload.issues);
      const context = this.#context(channel, request.ref);
      const returned = handler(payload.value as never, context as never);
      const finished = context.finish(returned instanceof Promise ? await returned : returned);
      const reply = finished instanceof Promise ? await finished : finished;
      return { kind: "done", reply, assigns: channel.takeChange() };
    } catch (thrown) {
      return passing(thrown, channel) ?? { kind: "crashed", message: toError(thrown).message };
    }
  }

  async #filter(request: FilterRequest): Promise<FilterResponse> {
    const body = fromLinkBody(request.body);
    const verdicts = request.channels.map(([id, attachment]) => {
      const channel = this.#known(id, attachment ?? undefined);
      if (!channel) return "unattached";
      return typeof body === "string" ? this.#intercept(channel, request.event, body) : true;
    });
    return { kind: "filtered", verdicts: await Promise.all(verdicts) };
  }

  /** A filter that throws hides the message: showing what should be hidden would be worse. */
  async #intercept(channel: HostChannel, event: string, body: string): Promise<FilterVerdict> {
    const intercept = ownProperty(channel.definition.options.intercept, event);
    if (!intercept) return true;
    try {
      const payload = JSON.parse(body) as Payload;
      const seen = (await intercept(payload, this.#context(channel) as never)) as Payload | null;
      if (seen === null) return false;
      // The client resumes from the position, whatever else the filter leaves out.
      const whole = channel.definition.history ? { ...seen, seq: payload.seq } : seen;
      return { body: objectText(whole, `intercept of ${event}`) };
    } catch (thrown) {
      this.#options.events.emit("error.caught", { stage: "channel.intercept", error: toError(thrown) });
      return false;
    }
  }

  /** With what the gateway says of its socket now. */
  #known(id: ChannelId, attachment: Attachment | undefined): HostChannel | undefined {
    const channel = this.#channels.get(id);
    if (channel && attachment) channel.socket = attachment.socket;
    return channel ?? this.#attach(id, attachment);
  }

  #attach(id: ChannelId, attachment: Attachment | undefined): HostChannel | undefined {
    const definition =
      attachment && this.#options.channels.find(({ pattern }) => matchesPattern(pattern, attachment.topic));
    if (!definition || !attachment) return undefined;
    const channel = new HostChannel(id, definition, attachment);
    this.#channels.set(id, channel);
    return channel;
  }

  #context(channel: HostChannel, ref: PushRequest["ref"] = null): HandlerContext {
    return new HandlerContext(channel, this.#options.ports, ref);
  }
}

/** A failure that will pass (a full queue, a store that is away) is no crash: the client hears that it may try again. */
function passing(thrown: unknown, channel: HostChannel): PushResponse | undefined {
  if (!(thrown instanceof GodwitError && thrown.retryable)) return undefined;
  const response = { reason: thrown.code, retry: true, retry_after: Math.ceil((thrown.retryAfterMs ?? 1_000) / 1_000) };
  return { kind: "done", reply: { status: "error", body: JSON.stringify(response) }, assigns: channel.takeChange() };
}

function valid(value: unknown): { readonly kind: "valid"; readonly value: unknown } {
  return { kind: "valid", value };
}

/** A handler by the name a client chose: never one that every object inherits. */
function ownProperty<T>(handlers: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return handlers && Object.hasOwn(handlers, name) ? handlers[name] : undefined;
}

function refused(reason: string, issues?: readonly unknown[]): JoinResponse {
  return { kind: "refused", response: JSON.stringify({ reason, ...(issues ? { issues } : {}) }) };
}

function answered(reason: string, event: string, issues?: readonly unknown[]): PushResponse {
  const body = JSON.stringify({ reason, event, ...(issues ? { issues } : {}) });
  return { kind: "done", reply: { status: "error", body }, assigns: null };
}
