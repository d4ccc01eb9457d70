/**
 * The workers that this gateway can reach.
 *
 * States of a link: connected (said `hello`) → standby (its app is loaded, its manifest known) → serving → draining → gone; a worker that is not
 * told to stand by serves at once. Only serving workers get new requests, and of each slot one serves: the newest. Draining ones finish what
 * they have in hand.
 *
 * Nothing here survives a crash: workers connect again and say who they are.
 */

import type { AppManifest } from "../../app/index.ts";
import type { HostCommand, PresenceState } from "../../channels/index.ts";
import { type Events, GodwitError, hash32, InvalidInputError, SECOND } from "../../core/index.ts";
import type { AskReply, LeaseScope } from "../../lanes/index.ts";
import { isOnCanary } from "../../rollout/index.ts";
import type { Shard } from "../../store/index.ts";
import { type Link, LinkClosedError, type LinkOptions } from "../../wire/index.ts";
import type {
  FlowStep,
  Heartbeat,
  LoadFailure,
  TakeRequest,
  ToGateway,
  ToWorker,
  WorkerHello,
} from "../link-protocol.ts";

export interface WorkerLink extends WorkerHello {
  readonly link: Link;
}

/** A worker whose app is loaded. */
interface Loaded {
  readonly worker: WorkerLink;
  readonly manifest: AppManifest;
  phase: "standby" | "serving" | "draining";
}

/** Asked of a worker that is about to serve; it is close by and has nothing else to do. */
const TAKE_DEADLINE_MS: number = 10 * SECOND;

/** The part of the work that goes to new code. */
export interface CanarySide {
  readonly slots: ReadonlySet<string>;
  /** Of the sockets and requests, above 0 and below 1. */
  readonly share: number;
  readonly shards: ReadonlySet<Shard>;
  readonly shardCount: number;
}

/** What the gateway does with what its workers say. */
export interface WorkerLinkHandlers {
  loaded(worker: WorkerLink, manifest: AppManifest): void;
  loadFailed(worker: WorkerLink, failure: LoadFailure): void;
  gone(worker: WorkerLink): void;
  /** A worker that stood by serves now, as the node's first gateway has decided. */
  serving?(worker: WorkerLink, manifest: AppManifest | undefined): void;
  heartbeat(worker: WorkerLink, heartbeat: Heartbeat): void;
  grown(shards: readonly Shard[]): void;
  askReply(reply: AskReply): void;
  flow(steps: readonly FlowStep[]): void;
  events(worker: WorkerLink, events: ToGateway["events"]): void;
  presences(topic: string): PresenceState;
  channelCommand(worker: WorkerLink, command: HostCommand): void;
}

/** Whose links they are. */
export interface LinkedGateway {
  readonly gatewayId: string;
  /** Does it share out the shards among the workers? One gateway of a node does. Default true. */
  readonly first?: boolean;
}

/** No worker is up: they are starting, or cannot start. What was asked was not done. */
export class UnavailableError extends GodwitError {
  constructor() {
    super("unavailable", "no worker is ready; retry shortly", { retryable: true, retryAfterMs: 1_000 });
  }
}

export class WorkerLinks {
  readonly #serving = new Map<string, WorkerLink>();
  readonly #loaded = new Map<string, Loaded>();
  readonly #handlers: WorkerLinkHandlers;
  readonly #events: Events;
  readonly #gateway: LinkedGateway;
  #sharing = false;
  #canary: CanarySide | undefined;

  constructor(handlers: WorkerLinkHandlers, events: Events, gateway: LinkedGateway) {
    this.#handlers = handlers;
    this.#events = events;
    this.#gateway = gateway;
  }

  /** Those that get new requests, one a slot. */
  get ready(): readonly WorkerLink[] {
    return [...this.#serving.values()];
  }

  /** Any worker that is loaded, draining ones included. */
  byMember(memberId: string): WorkerLink | undefined {
    return this.#loaded.get(memberId)?.worker;
  }

  /** What the app of a loaded worker is. */
  manifestOf(memberId: string): AppManifest | undefined {
    return this.#loaded.get(memberId)?.manifest;
  }

  /** Resolves when the worker has answered. @throws LinkClosedError when it has gone; DeadlineError. */
  async ping(memberId: string, deadlineMs: number): Promise<void> {
    await this.#request(memberId, "ping", null, deadlineMs);
  }

  /** Lets a worker on standby begin to handle messages. @throws as `ping`, and what kept it from beginning. */
  async take(memberId: string): Promise<void> {
    const worker = this.byMember(memberId);
    const request: TakeRequest = { scope: worker ? this.#scope(worker) : {} };
    await this.#request(memberId, "take", request, TAKE_DEADLINE_MS);
  }

  /** These workers serve in their slots from now on, in one step; those that did get nothing new any more. */
  activate(memberIds: readonly string[]): void {
    for (const memberId of memberIds) {
      const loaded = this.#loaded.get(memberId);
      if (loaded) this.#serve(loaded);
    }
    this.share();
  }

  /** From now on the canary's workers get its part of the work, and the others the rest; undefined: all get all. */
  setCanary(canary: CanarySide | undefined): void {
    this.#canary = canary;
    this.share();
  }

  /** Tells the workers that members have come or gone, or shards are free. What comes together is told once. */
  share(): void {
    if (this.#sharing || this.#gateway.first === false) return;
    this.#sharing = true;
    setImmediate(() => {
      this.#sharing = false;
      for (const worker of this.#serving.values()) worker.link.notify("share", this.#scope(worker));
    });
  }

  /** As `find`. @throws UnavailableError when none serves. */
  pick(hint: string): WorkerLink {
    const worker = this.find(hint);
    if (!worker) throw new UnavailableError();
    return worker;
  }

  /**
   * The serving worker for `hint`, the same one for the same hint while it is up: the one of the highest random weight (Thaler and
   * Ravishankar, 1998), so that a worker's going moves only what was with it.
   */
  find(hint: string): WorkerLink | undefined {
    let best: WorkerLink | undefined;
    let bestWeight = -1;
    for (const worker of this.#side(hint)) {
      const weight = this.#serving.size === 1 ? 0 : hash32(`${worker.slot}\u0000${hint}`);
      if (weight > bestWeight) [best, bestWeight] = [worker, weight];
    }
    return best;
  }

  notify<K extends keyof ToWorker>(worker: WorkerLink, kind: K, data: ToWorker[K]): void {
    worker.link.notify(kind, data);
  }

  notifyAll<K extends keyof ToWorker>(kind: K, data: ToWorker[K]): void {
    for (const { worker } of this.#loaded.values()) worker.link.notify(kind, data);
  }

  /** Options for a link that a worker has just opened. */
  accept(link: () => Link): Omit<LinkOptions, "clock"> {
    let worker: WorkerLink | undefined;
    const known = (): WorkerLink => {
      if (!worker) throw new GodwitError("bad_frame", "a worker's first word is hello");
      return worker;
    };
    return {
      peer: "worker",
      onNotification: (kind, data) => {
        if (kind === "hello") worker = this.#welcome(readHello(data, link()));
        else this.#notified(known(), kind as keyof ToGateway, data);
      },
      onRequest: (kind, data) => this.#requested(known(), kind, data),
      onClose: (error) => {
        if (error) this.#events.emit("error.caught", { stage: "worker link", error });
        if (worker) this.#leave(worker);
      },
    };
  }

  /** A worker knows by a channel's name which gateway holds it. */
  #welcome(worker: WorkerLink): WorkerLink {
    worker.link.notify("welcome", this.#gateway.gatewayId);
    return worker;
  }

  /** The node's first gateway has let this worker serve. */
  #servesElsewhere(worker: WorkerLink): void {
    this.activate([worker.memberId]);
    this.#handlers.serving?.(worker, this.manifestOf(worker.memberId));
  }

  #leave(worker: WorkerLink): void {
    this.#loaded.delete(worker.memberId);
    if (this.#serving.get(worker.slot) === worker) this.#serving.delete(worker.slot);
    this.#handlers.gone(worker);
    this.share();
  }

  #serve(loaded: Loaded): void {
    const { worker } = loaded;
    const previous = this.#loaded.get(this.#serving.get(worker.slot)?.memberId ?? "");
    if (previous && previous !== loaded) previous.phase = "draining";
    loaded.phase = "serving";
    this.#serving.set(worker.slot, worker);
  }

  /** A draining worker takes no shards; it counts as a member until it has ended. So does one of the other side. */
  #scope({ slot }: WorkerLink): LeaseScope {
    const canary = this.#canary;
    const onCanary = canary?.slots.has(slot) ?? false;
    const others = [...this.#loaded.values()].filter(
      ({ phase, worker }) =>
        phase === "draining" || (phase === "serving" && (canary?.slots.has(worker.slot) ?? false) !== onCanary),
    );
    if (!canary) return { uncounted: others.length };
    const shards = Array.from({ length: canary.shardCount }, (_, shard) => shard);
    return { uncounted: others.length, shards: shards.filter((shard) => canary.shards.has(shard) === onCanary) };
  }

  /** The workers that this hint may go to: those of its side, or any while none of them is up. */
  #side(hint: string): readonly WorkerLink[] {
    const canary = this.#canary;
    const all = this.ready;
    if (!canary) return all;
    const onCanary = isOnCanary(hint, canary.share);
    const side = all.filter(({ slot }) => canary.slots.has(slot) === onCanary);
    return side.length > 0 ? side : all;
  }

  #drains(worker: WorkerLink): void {
    const loaded = this.#loaded.get(worker.memberId);
    if (loaded) loaded.phase = "draining";
    if (this.#serving.get(worker.slot) === worker) this.#serving.delete(worker.slot);
    this.share();
  }

  #request(memberId: string, kind: string, data: unknown, deadlineMs: number): Promise<unknown> {
    const worker = this.byMember(memberId);
    return worker ? worker.link.request(kind, data, deadlineMs) : Promise.reject(new LinkClosedError(memberId));
  }

  #ready(worker: WorkerLink, manifest: AppManifest): void {
    const loaded: Loaded = { worker, manifest, phase: "standby" };
    this.#loaded.set(worker.memberId, loaded);
    if (!worker.standby) this.#serve(loaded);
    this.#handlers.loaded(worker, manifest);
  }

  #requested(worker: WorkerLink, kind: string, data: unknown): unknown {
    switch (kind) {
      case "ready":
        this.#ready(worker, data as AppManifest);
        return null;
      case "draining":
        this.#drains(worker);
        return null;
      case "load-failed":
        this.#handlers.loadFailed(worker, data as LoadFailure);
        return null;
      case "presences":
        return this.#handlers.presences((data as { readonly topic: string }).topic);
      default:
        throw new InvalidInputError("link request", "ready, draining, load-failed or presences", kind);
    }
  }

  #notified(worker: WorkerLink, kind: keyof ToGateway, data: unknown): void {
    switch (kind) {
      case "heartbeat":
        return this.#handlers.heartbeat(worker, data as Heartbeat);
      case "grown":
        return this.#handlers.grown(data as ToGateway["grown"]);
      case "serving":
        return this.#servesElsewhere(worker);
      case "ask-reply":
        return this.#handlers.askReply(data as AskReply);
      case "flow":
        return this.#handlers.flow(data as readonly FlowStep[]);
      case "events":
        return this.#handlers.events(worker, data as ToGateway["events"]);
      case "channel":
        return this.#handlers.channelCommand(worker, data as HostCommand);
      case "hello":
        throw new GodwitError("bad_frame", "a worker says hello once");
    }
  }
}

function readHello(data: unknown, link: Link): WorkerLink {
  return { ...(data as WorkerHello), link };
}
