import { type Duration, GodwitError, InvalidInputError, toMs } from "../core/index.ts";
import type { Effects, LaneRun } from "../lanes/index.ts";
import { checkMessage } from "../log/index.ts";
import {
  decodeMeta,
  encodeMeta,
  type MessageMeta,
  type MessageOrigin,
  messageId,
  type SqlStatement,
  type SqlValue,
} from "../store/index.ts";
import type { ActorContext, ActorReference, AskOptions, SendOptions } from "./context.ts";
import { EffectList } from "./effects.ts";
import { messageRequest } from "./message-request.ts";
import type { ActorServices } from "./services.ts";

/** The `ctx` of one try. Open until its handler has returned, thrown or lost the right to commit. */
export class RunContext implements ActorContext {
  readonly #run: LaneRun;
  readonly #services: ActorServices;
  readonly #effects = new EffectList();
  #meta: MessageMeta | undefined;
  #state: { value: unknown } | undefined;
  #closed = false;
  #unnamed = 0;

  constructor(run: LaneRun, services: ActorServices) {
    this.#run = run;
    this.#services = services;
  }

  get state(): unknown {
    this.#state ??= { value: this.#run.state };
    return this.#state.value;
  }

  set state(value: unknown) {
    this.#open("ctx.state");
    this.#state = { value };
  }

  get key(): string {
    return this.#run.message.key;
  }

  get id(): string {
    return messageId(this.#run.message);
  }

  get attempt(): number {
    return this.#run.attempt;
  }

  get kind(): ActorContext["kind"] {
    const { kind } = this.#metadata();
    return kind === "timer" || kind === "ask" ? kind : "message";
  }

  get origin(): MessageOrigin | undefined {
    return this.#metadata().origin;
  }

  get from(): string | undefined {
    return this.#metadata().from;
  }

  get signal(): AbortSignal {
    return this.#run.signal;
  }

  get canReply(): boolean {
    const { origin, replyTo } = this.#metadata();
    return origin !== undefined || replyTo !== undefined;
  }

  reply(value: unknown): void {
    this.#open("ctx.reply");
    const { origin, replyTo } = this.#metadata();
    const body = toJson("ctx.reply", value);
    if (replyTo) return this.#effects.reply({ ...replyTo, body, ok: true });
    if (!origin) {
      throw new GodwitError(
        "nowhere_to_reply",
        `${this.id} came from no connector and from no ask, so there is nowhere to reply to; ask ctx.canReply first`,
      );
    }
    const { shard, key } = this.#run.message;
    const meta = encodeMeta({ origin, from: this.#self(), cause: this.id, ...this.#trace() });
    const delivery = { shard, target: origin.connector, key, body, meta };
    checkMessage(delivery, this.#services.limits);
    this.#effects.deliver(delivery);
  }

  broadcast(topic: string, event: string, payload: unknown): void {
    this.#open("ctx.broadcast");
    requireText("ctx.broadcast: topic", topic);
    requireText("ctx.broadcast: event", event);
    const write = { topic, event, payload: toJson("ctx.broadcast: payload", payload) };
    if (this.#services.keepsHistory(topic)) this.#effects.keep(write);
    else this.#effects.broadcast(write);
  }

  send(actor: ActorReference, key: string, message: unknown, options: SendOptions = {}): void {
    this.#open("ctx.send");
    const meta = { from: this.#self(), cause: this.id, ...this.#trace() };
    this.#effects.send(messageRequest({ ...options, to: actor, key, message, meta }, this.#services));
  }

  ask(actor: ActorReference, key: string, message: unknown, options: AskOptions = {}): Promise<unknown> {
    this.#open("ctx.ask");
    return this.#services.ask(actor, key, message, options);
  }

  sql(text: TemplateStringsArray, ...values: readonly SqlValue[]): void {
    this.#open("ctx.sql");
    this.#effects.sql(statement("ctx.sql", text, values));
  }

  query(text: TemplateStringsArray, ...values: readonly SqlValue[]): Promise<readonly Record<string, unknown>[]> {
    this.#open("ctx.query");
    return this.#services.query(statement("ctx.query", text, values));
  }

  schedule(when: Duration | Date, message: unknown, options: { readonly name?: string } = {}): string {
    this.#open("ctx.schedule");
    const name = options.name ?? `${this.id}#${++this.#unnamed}`;
    requireText("ctx.schedule: name", name);
    const { origin } = this.#metadata();
    const self = messageRequest(
      {
        to: this.#run.message.target,
        key: this.key,
        message,
        meta: { kind: "timer", from: this.#self(), cause: this.id, ...(origin && { origin }), ...this.#trace() },
      },
      this.#services,
    );
    const { target, key, body, meta } = self;
    this.#effects.timer({
      shard: this.#run.message.shard,
      target,
      key,
      name,
      dueAtMs: dueAt(when, this.#services.wallMs()),
      body,
      meta,
    });
    return name;
  }

  cancel(name: string): void {
    this.#open("ctx.cancel");
    requireText("ctx.cancel: name", name);
    this.#effects.timer({ target: this.#run.message.target, key: this.key, name });
  }

  log(text: string, fields?: Readonly<Record<string, unknown>>): void {
    const { target, key } = this.#run.message;
    this.#services.events.emit("actor.logged", { target, key, id: this.id, text, ...(fields && { fields }) });
  }

  /** The handler has returned: what it did, for the commit. */
  finish(checkState: ((state: unknown) => unknown) | undefined): Effects {
    this.#closed = true;
    if (this.#state && this.#state.value !== undefined) checkState?.(this.#state.value);
    return this.#effects.effects(this.#state);
  }

  /** The handler has failed: what it did never was. */
  close(): void {
    this.#closed = true;
  }

  #open(operation: string): void {
    if (this.#closed || this.#run.void) {
      throw new GodwitError(
        "context_closed",
        `${operation} was called after the handling of ${this.id} had ended; await all that a handler starts`,
      );
    }
    this.#run.at(operation);
  }

  #metadata(): MessageMeta {
    this.#meta ??= decodeMeta(this.#run.message.meta);
    return this.#meta;
  }

  #self(): string {
    return `actor:${this.#run.message.target}/${this.key}`;
  }

  #trace(): Pick<MessageMeta, "traceparent"> {
    const { traceparent } = this.#metadata();
    return traceparent === undefined ? {} : { traceparent };
  }
}

function dueAt(when: Duration | Date, nowMs: number): number {
  const dueAtMs = when instanceof Date ? when.getTime() : nowMs + toMs(when, "ctx.schedule: when");
  if (Number.isFinite(dueAtMs)) return Math.ceil(dueAtMs);
  throw new InvalidInputError("ctx.schedule: when", "a duration or a valid Date", when);
}

function toJson(path: string, value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // A cycle or a bigint: refused below like a function.
  }
  if (text === undefined) throw new InvalidInputError(path, "a JSON value", value);
  return text;
}

function requireText(path: string, value: string): void {
  if (typeof value !== "string" || value.length === 0 || value.length > 512) {
    throw new InvalidInputError(path, "a text of 1 to 512 characters", value);
  }
}

function statement(path: string, text: TemplateStringsArray, values: readonly SqlValue[]): SqlStatement {
  if (!Array.isArray(text) || !("raw" in text)) {
    throw new InvalidInputError(path, `a tagged template: ${path}\`insert into t (a) values (\${value})\``, text);
  }
  return { text: [...text], values };
}
