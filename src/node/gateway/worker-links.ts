/**
 * The workers that this gateway can reach.
 *
 * States of a link: connected (said `hello`) → ready (its app is loaded, its manifest known) → gone. Only ready workers get work.
 * Nothing here survives a crash: workers connect again and say who they are.
 */

import type { AppManifest } from "../../app/index.ts";
import type { HostCommand, PresenceState } from "../../channels/index.ts";
import { type Events, GodwitError, hash32, InvalidInputError } from "../../core/index.ts";
import type { AskReply, CommittedBroadcast } from "../../lanes/index.ts";
import type { Link, LinkOptions } from "../../wire/index.ts";
import type { FlowStep, Heartbeat, LoadFailure, ToGateway, ToWorker } from "../link-protocol.ts";

export interface WorkerLink {
  /** Unique to one incarnation of the process. */
  readonly memberId: string;
  /** The same over all incarnations: `w0`, `w1` … */
  readonly slot: string;
  readonly pid: number;
  readonly link: Link;
}

/** What the gateway does with what its workers say. */
export interface WorkerLinkHandlers {
  loaded(worker: WorkerLink, manifest: AppManifest): void;
  loadFailed(worker: WorkerLink, failure: LoadFailure): void;
  gone(worker: WorkerLink): void;
  heartbeat(worker: WorkerLink, heartbeat: Heartbeat): void;
  broadcasts(broadcasts: readonly CommittedBroadcast[]): void;
  askReply(reply: AskReply): void;
  flow(steps: readonly FlowStep[]): void;
  events(worker: WorkerLink, events: ToGateway["events"]): void;
  presences(topic: string): PresenceState;
  channelCommand(worker: WorkerLink, command: HostCommand): void;
}

/** No worker is up: they are starting, or cannot start. What was asked was not done. */
export class UnavailableError extends GodwitError {
  constructor() {
    super("unavailable", "no worker is ready; retry shortly", { retryable: true, retryAfterMs: 1_000 });
  }
}

export class WorkerLinks {
  readonly #ready = new Map<string, WorkerLink>();
  readonly #handlers: WorkerLinkHandlers;
  readonly #events: Events;

  constructor(handlers: WorkerLinkHandlers, events: Events) {
    this.#handlers = handlers;
    this.#events = events;
  }

  get ready(): readonly WorkerLink[] {
    return [...this.#ready.values()];
  }

  byMember(memberId: string): WorkerLink | undefined {
    for (const worker of this.#ready.values()) if (worker.memberId === memberId) return worker;
    return undefined;
  }

  /** As `find`. @throws UnavailableError when none is ready. */
  pick(hint: string): WorkerLink {
    const worker = this.find(hint);
    if (!worker) throw new UnavailableError();
    return worker;
  }

  /**
   * The ready worker for `hint`, the same one for the same hint while it is up: the one of the highest random weight (Thaler and
   * Ravishankar, 1998), so that a worker's going moves only what was with it.
   */
  find(hint: string): WorkerLink | undefined {
    let best: WorkerLink | undefined;
    let bestWeight = -1;
    for (const worker of this.#ready.values()) {
      const weight = this.#ready.size === 1 ? 0 : hash32(`${worker.slot}\u0000${hint}`);
      if (weight > bestWeight) [best, bestWeight] = [worker, weight];
    }
    return best;
  }

  notify<K extends keyof ToWorker>(worker: WorkerLink, kind: K, data: ToWorker[K]): void {
    worker.link.notify(kind, data);
  }

  notifyAll<K extends keyof ToWorker>(kind: K, data: ToWorker[K]): void {
    for (const worker of this.#ready.values()) worker.link.notify(kind, data);
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
        if (kind === "hello") worker = readHello(data, link());
        else this.#notified(known(), kind as keyof ToGateway, data);
      },
      onRequest: (kind, data) => this.#requested(known(), kind, data),
      onClose: (error) => {
        if (error) this.#events.emit("error.caught", { stage: "worker link", error });
        if (worker) this.#leave(worker);
      },
    };
  }

  #leave(worker: WorkerLink): void {
    if (this.#ready.get(worker.slot) === worker) this.#ready.delete(worker.slot);
    this.#handlers.gone(worker);
  }

  #requested(worker: WorkerLink, kind: string, data: unknown): unknown {
    switch (kind) {
      case "ready":
        this.#ready.set(worker.slot, worker);
        this.#handlers.loaded(worker, data as AppManifest);
        return null;
      case "load-failed":
        this.#handlers.loadFailed(worker, data as LoadFailure);
        return null;
      case "presences":
        return this.#handlers.presences((data as { readonly topic: string }).topic);
      default:
        throw new InvalidInputError("link request", "ready, load-failed or presences", kind);
    }
  }

  #notified(worker: WorkerLink, kind: keyof ToGateway, data: unknown): void {
    switch (kind) {
      case "heartbeat":
        return this.#handlers.heartbeat(worker, data as Heartbeat);
      case "grown":
        return this.notifyAll("wake", data as ToGateway["grown"]);
      case "broadcasts":
        return this.#handlers.broadcasts(data as ToGateway["broadcasts"]);
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
  const { memberId, slot, pid } = data as ToGateway["hello"];
  return { memberId, slot, pid, link };
}
