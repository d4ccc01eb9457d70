/** Asks workers on behalf of sockets: picks the worker, attaches channels to one that does not know them, tries again where that is safe. */

import type { ClientMessage, PhoenixBody } from "../../wire/index.ts";
import { type ChannelBackend, isWorkerGone, WorkerGoneError } from "../backend.ts";
import {
  type Attachment,
  type ChannelId,
  type ConnectInfo,
  type ConnectResponse,
  type FilterVerdict,
  type JoinResponse,
  type LinkBody,
  type PushResponse,
  type RefreshResponse,
  type TerminateReason,
  toLinkBody,
} from "../protocol.ts";
import type { Membership, SocketSession } from "./socket-session.ts";

export class WorkerCalls {
  readonly #backend: ChannelBackend;

  constructor(backend: ChannelBackend) {
    this.#backend = backend;
  }

  /** Asks again once when the worker goes: deciding twice who may connect is harmless. @throws as `ChannelBackend.request`. */
  connect(affinity: string, info: ConnectInfo): Promise<ConnectResponse> {
    return this.#twice(affinity, (worker) => this.#backend.request(worker, { kind: "connect", info }));
  }

  /** Asks again once when the worker goes: judging a token twice is harmless. @throws as `ChannelBackend.request`. */
  refresh(socket: SocketSession, token: string): Promise<RefreshResponse> {
    const request = { kind: "refresh", socket: socket.info(), token } as const;
    return this.#twice(socket.affinity, (worker) => this.#backend.request(worker, request));
  }

  /** Asks again once when the worker goes: the first worker's channel died with it. @throws as `ChannelBackend.request`. */
  join(membership: Membership, params: PhoenixBody, replaces: ChannelId | undefined): Promise<JoinResponse> {
    const body = toLinkBody(params);
    return this.#twice(membership.socket.affinity, (worker) => {
      membership.attachedTo = worker;
      const request = { kind: "join", channel: membership.id, attach: membership.attachment(), params: body } as const;
      return this.#backend.request(worker, replaces === undefined ? request : { ...request, replaces });
    });
  }

  /** Would the next message go to another worker than the one before? */
  moves(membership: Membership): boolean {
    return this.#backend.workerFor(membership.socket.affinity) !== membership.attachedTo;
  }

  /**
   * Never asks again when the worker goes: what it did is unknown. `again` attaches anew, for a worker that said `unattached`.
   * @throws as `ChannelBackend.request`.
   */
  push(membership: Membership, message: ClientMessage, again = false): Promise<PushResponse> {
    const worker = this.#worker(membership.socket.affinity);
    const { ref, event } = message;
    const request = { kind: "push", channel: membership.id, ref, event, body: toLinkBody(message.body) } as const;
    const attach = this.#attach(membership, worker) ?? (again ? membership.attachment() : undefined);
    return this.#backend.request(worker, attach ? { ...request, attach } : request);
  }

  /** Asks each channel's worker what it sees of a broadcast. Asks again once: a filter has no effects. */
  async filter(members: readonly Membership[], event: string, body: LinkBody): Promise<FilterVerdict[]> {
    const verdicts: FilterVerdict[] = new Array(members.length).fill("unattached");
    for (let attempt = 0; attempt < 2 && verdicts.includes("unattached"); attempt++) {
      const rest = members
        .map((member, index) => ({ member, index }))
        .filter((x) => verdicts[x.index] === "unattached");
      await Promise.all(
        [...this.#byWorker(rest)].map(([worker, part]) =>
          this.#filterAt(worker, part, attempt > 0, event, body, verdicts),
        ),
      );
    }
    return verdicts;
  }

  terminate(membership: Membership, reason: TerminateReason): void {
    const worker = this.#backend.workerFor(membership.socket.affinity);
    if (worker === undefined) return; // Nobody is left who could run it; the worker that knew the channel has gone.
    const attach = this.#attach(membership, worker);
    const notice = { kind: "terminate", channel: membership.id, reason } as const;
    this.#backend.notify(worker, attach ? { ...notice, attach } : notice);
  }

  async #filterAt(
    worker: string,
    part: readonly { readonly member: Membership; readonly index: number }[],
    attachAll: boolean,
    event: string,
    body: LinkBody,
    verdicts: FilterVerdict[],
  ): Promise<void> {
    const channels = part.map(({ member }): readonly [ChannelId, Attachment | null] => {
      const attach = this.#attach(member, worker) ?? (attachAll ? member.attachment() : null);
      return [member.id, attach];
    });
    try {
      const response = await this.#backend.request(worker, { kind: "filter", channels, event, body });
      for (const [position, { index }] of part.entries()) verdicts[index] = response.verdicts[position] ?? "unattached";
    } catch {
      // Gone, busy or late: they stay unattached, and the topic says what comes of that.
    }
  }

  #byWorker<T extends { readonly member: Membership }>(parts: readonly T[]): Map<string, T[]> {
    const groups = new Map<string, T[]>();
    for (const part of parts) {
      const worker = this.#backend.workerFor(part.member.socket.affinity);
      if (worker === undefined) continue;
      const group = groups.get(worker);
      if (group) group.push(part);
      else groups.set(worker, [part]);
    }
    return groups;
  }

  /** What the worker must be told first; undefined when it knows the channel. */
  #attach(membership: Membership, worker: string): Attachment | undefined {
    if (membership.attachedTo === worker) return undefined;
    membership.attachedTo = worker;
    return membership.attachment();
  }

  async #twice<T>(affinity: string, ask: (worker: string) => Promise<T>): Promise<T> {
    const first = this.#worker(affinity);
    try {
      return await ask(first);
    } catch (thrown) {
      if (!isWorkerGone(thrown)) throw thrown;
      const next = this.#worker(affinity);
      if (next === first) throw thrown;
      return ask(next);
    }
  }

  #worker(affinity: string): string {
    const worker = this.#backend.workerFor(affinity);
    if (worker === undefined) throw new WorkerGoneError("no worker is up");
    return worker;
  }
}
