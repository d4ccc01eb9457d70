/**
 * Makes the deliveries of one connector in one worker: one message, one HTTP request. Keeps, in memory only, the
 * connector's breaker and its rate limit; both are learnt anew after a crash. Order within a conversation is the
 * lane's: this never holds more than one message of a lane.
 *
 * A try: read the message → ask the breaker → wait for the rate limit, inside the run if it is short → request → judge
 * the answer.
 */
import { type Clock, type Events, HOUR, SECOND } from "../core/index.ts";
import type { LaneRun, RunOutcome } from "../lanes/index.ts";
import { decodeMeta, messageId, type StoredMessage } from "../store/index.ts";
import { DeliveryError, type DeliveryErrorCode } from "./delivery-error.ts";
import type { DeliverySettings } from "./delivery-options.ts";
import { Destination } from "./destination.ts";
import { type Exchange, exchange, type Fetch } from "./exchange.ts";
import type { OutboundProvider, ProviderRequest, Verdict } from "./provider.ts";
import { RateLimiter, type RatePatience } from "./rate-limit.ts";

export interface CourierServices {
  readonly clock: Clock;
  readonly events: Events;
  readonly fetch: Fetch;
  /** [0, 1), to spread those who wait for the same moment. */
  readonly random: () => number;
  /** This worker's part of the connector's rate limit over all conversations, in (0, 1]. */
  readonly rateShare: () => number;
  /** Tells this store's message ids from another's: `Store.storeId`. */
  readonly storeId: string;
}

/**
 * Waits for the rate limit that are spent inside the run; a longer one puts the lane aside, into the backlog, which costs
 * writes. Waiting holds one of the connector's places: for its own conversation's sake only briefly, for the limit over all
 * longer, since then no other could send either.
 */
const PATIENCE: RatePatience = { perConversationMs: SECOND, overallMs: 5 * SECOND };
/** A run may wait this long before its request. */
export const MAX_WAIT_IN_RUN_MS: number = Math.max(PATIENCE.perConversationMs, PATIENCE.overallMs);
/** When a provider asks to slow down without saying for how long. */
const THROTTLED_MS = 30 * SECOND;
/** No provider puts us off for longer than this at once. */
const MAX_RETRY_AFTER_MS = HOUR;

/** Nobody waits for the outcome: the run has timed out, or its lease is lost. */
const CANCELLED: RunOutcome = {
  kind: "retry",
  error: new DeliveryError("delivery_throttled", "the run was cancelled"),
  free: true,
};

/** One try, with what its event needs. */
interface Try {
  readonly run: LaneRun;
  readonly id: string;
  /** What the provider knows the message by, the same on every try: ids alone begin anew with each new store. */
  readonly idempotencyKey: string;
  readonly startedMs: number;
}

export class Courier {
  readonly #connector: string;
  readonly #provider: OutboundProvider;
  readonly #settings: DeliverySettings;
  readonly #services: CourierServices;
  readonly #destination: Destination;
  readonly #limiter: RateLimiter;

  constructor(connector: string, provider: OutboundProvider, settings: DeliverySettings, services: CourierServices) {
    this.#connector = connector;
    this.#provider = provider;
    this.#settings = settings;
    this.#services = services;
    this.#destination = new Destination(connector, provider.baseUrl, services);
    this.#limiter = new RateLimiter(settings.rateLimit, services.rateShare);
  }

  async deliver(run: LaneRun): Promise<RunOutcome> {
    const attempt = this.#try(run);
    const request = await this.#request(run.message, attempt.idempotencyKey);
    if (typeof request === "string") return this.#dead(attempt, "delivery_invalid", request);

    const permission = this.#destination.ask();
    if (permission.kind === "wait") {
      // Spread over a second: all that waited for the same breaker would come back at once.
      const afterMs = permission.waitMs + Math.floor(this.#services.random() * SECOND);
      return this.#hold(attempt, "the destination's breaker is open", afterMs);
    }
    const held = await this.#awaitRate(attempt);
    if (held) {
      this.#destination.tell(permission.generation, "given-up");
      return held;
    }
    run.at(`POST ${new URL(request.url).host}`);
    const answer = await this.#send(request, attempt);
    return this.#conclude(attempt, permission.generation, answer);
  }

  #try(run: LaneRun): Try {
    const { clock, storeId } = this.#services;
    const id = messageId(run.message);
    return { run, id, idempotencyKey: `${storeId}-${id}`, startedMs: clock.monotonicMs() };
  }

  async #request(message: StoredMessage, idempotencyKey: string): Promise<ProviderRequest | string> {
    const to = decodeMeta(message.meta).origin?.conversation;
    if (to === undefined) return "meta.origin: expected the conversation that the reply goes to";
    const reply: unknown = JSON.parse(message.body);
    const nowMs = this.#services.clock.wallMs();
    return this.#provider.request({ to, reply, idempotencyKey, acceptedAtMs: message.acceptedAtMs, nowMs });
  }

  /** Takes a place under the rate limit and waits for it; an outcome means: not now. */
  async #awaitRate(attempt: Try): Promise<RunOutcome | undefined> {
    const { clock } = this.#services;
    const { message, signal } = attempt.run;
    const { taken, waitMs } = this.#limiter.reserve(message.key, clock.monotonicMs(), PATIENCE);
    if (!taken) return this.#hold(attempt, "the connector's rate limit", Math.ceil(waitMs));
    if (waitMs > 0) {
      attempt.run.at("waiting for the rate limit");
      await pause(clock, waitMs, signal);
    }
    return signal.aborted ? CANCELLED : undefined;
  }

  #send(request: ProviderRequest, { idempotencyKey, run }: Try): Promise<Exchange> {
    const { fetch, clock } = this.#services;
    const headers = { ...request.headers, "idempotency-key": idempotencyKey };
    const timeoutMs = this.#settings.requestTimeoutMs;
    return exchange({ ...request, headers }, { fetch, clock, timeoutMs, signal: run.signal });
  }

  #conclude(attempt: Try, generation: number, answer: Exchange): RunOutcome {
    if (answer.kind === "cancelled") {
      this.#destination.tell(generation, "given-up");
      return CANCELLED;
    }
    if (answer.kind === "unanswered") {
      this.#destination.tell(generation, "failure");
      return this.#failed(attempt, { kind: "failed", reason: answer.reason });
    }
    const verdict = this.#provider.judge(answer.response);
    // Only what says that the destination is unwell counts against it: a refused message is the message's fault.
    this.#destination.tell(generation, verdict.kind === "failed" ? "failure" : "success");
    return this.#obey(attempt, verdict, answer.response.status);
  }

  #obey(attempt: Try, verdict: Verdict, status: number): RunOutcome {
    switch (verdict.kind) {
      case "sent":
        this.#services.events.emit("delivery.sent", this.#about(attempt, status));
        return { kind: "done", effects: {} };
      case "throttled":
        return this.#hold(attempt, verdict.reason, verdict.retryAfterMs ?? THROTTLED_MS, status);
      case "failed":
        return this.#failed(attempt, verdict, status);
      case "refused":
        return this.#dead(attempt, "delivery_refused", verdict.reason, status);
    }
  }

  /**
   * Waits without spending a try, as long as the message is young; later, each wait is a try, so that none waits for
   * ever.
   */
  #hold(attempt: Try, reason: string, waitMs: number, status?: number): RunOutcome {
    const ageMs = this.#services.clock.wallMs() - attempt.run.message.acceptedAtMs;
    const free = ageMs < this.#settings.patienceMs;
    const afterMs = Math.min(waitMs, MAX_RETRY_AFTER_MS);
    const error = new DeliveryError("delivery_throttled", reason, { ...known(status), retryAfterMs: afterMs });
    return this.#retry(attempt, error, free, afterMs);
  }

  #failed(attempt: Try, verdict: Extract<Verdict, { kind: "failed" }>, status?: number): RunOutcome {
    const error = new DeliveryError("delivery_failed", verdict.reason, known(status));
    const { retryAfterMs } = verdict;
    return this.#retry(attempt, error, false, retryAfterMs && Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
  }

  #retry(attempt: Try, error: DeliveryError, free: boolean, afterMs: number | undefined): RunOutcome {
    const about = { ...this.#about(attempt, error.status), reason: error.message };
    const isLast = !free && attempt.run.attempt >= this.#settings.attempts;
    const after = afterMs === undefined ? {} : { afterMs };
    if (isLast) this.#services.events.emit("delivery.failed", { ...about, code: error.code });
    else this.#services.events.emit("delivery.retrying", { ...about, free, ...after });
    return { kind: "retry", error, free, ...after };
  }

  #dead(attempt: Try, code: DeliveryErrorCode, reason: string, status?: number): RunOutcome {
    this.#services.events.emit("delivery.failed", { ...this.#about(attempt, status), reason, code });
    return { kind: "dead", error: new DeliveryError(code, reason, known(status)) };
  }

  #about({ run, id, startedMs }: Try, status: number | undefined) {
    const ms = this.#services.clock.monotonicMs() - startedMs;
    return { connector: this.#connector, key: run.message.key, id, status: status ?? null, attempt: run.attempt, ms };
  }
}

function known(status: number | undefined): { readonly status?: number } {
  return status === undefined ? {} : { status };
}

/** Resolves after `waitMs`, or when the signal is aborted. */
function pause(clock: Clock, waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = clock.after(waitMs, end);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
  });
}
