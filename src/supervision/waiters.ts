import { ChildRefusedError } from "./errors.ts";
import type { DownReason } from "./plan.ts";
import type { Service } from "./service.ts";

interface Waiting {
  readonly up: PromiseWithResolvers<Service | undefined>[];
  readonly down: PromiseWithResolvers<void>[];
}

/** Those who asked for a child to be up, or down, and have not heard yet. Each hears exactly once. */
export class Waiters {
  readonly #path: string;
  readonly #waiting = new Map<string, Waiting>();

  constructor(path: string) {
    this.#path = path;
  }

  waitUp(id: string): Promise<Service | undefined> {
    const deferred = Promise.withResolvers<Service | undefined>();
    this.#of(id).up.push(deferred);
    return deferred.promise;
  }

  waitDown(id: string): Promise<void> {
    const deferred = Promise.withResolvers<void>();
    this.#of(id).down.push(deferred);
    return deferred.promise;
  }

  /** The child is up. */
  up(id: string, service: Service | undefined): void {
    const waiting = this.#waiting.get(id);
    for (const deferred of waiting?.up.splice(0) ?? []) deferred.resolve(service);
  }

  /** The child is down and stays down. */
  down(id: string, why: DownReason): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    for (const deferred of waiting?.down ?? []) deferred.resolve();
    for (const deferred of waiting?.up ?? []) {
      if (why === "ignored") deferred.resolve(undefined);
      else deferred.reject(why === "ended" ? new ChildRefusedError(`${this.#path}/${id}`, "terminated") : why);
    }
  }

  #of(id: string): Waiting {
    const waiting = this.#waiting.get(id) ?? { up: [], down: [] };
    this.#waiting.set(id, waiting);
    return waiting;
  }
}
