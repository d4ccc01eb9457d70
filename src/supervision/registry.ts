import type { ChildSpec } from "./child-spec.ts";
import { AlreadyRegisteredError } from "./errors.ts";
import type { Service, StartContext } from "./service.ts";

/**
 * Running services by name and key. An entry is there from `register` until its service has ended or it is taken out; a name
 * and key have at most one. Kept in memory, of this process: what it names does not outlive it either.
 */
export class Registry<S extends Service = Service> {
  readonly #names = new Map<string, Map<string, S>>();

  /**
   * Enters a running service; gone by itself when the service's `exited` settles. Returns the function that takes it out
   * earlier, safe twice. `key` is "" for a name that has but one service.
   * @throws AlreadyRegisteredError (`already_registered`) while another has that name and key.
   */
  register(name: string, key: string, service: S): () => void {
    const keys = this.#names.get(name) ?? new Map<string, S>();
    if (keys.has(key)) throw new AlreadyRegisteredError(name, key);
    this.#names.set(name, keys);
    keys.set(key, service);
    const remove = (): void => this.#remove(name, key, service);
    service.exited?.then(remove, remove);
    return remove;
  }

  find(name: string, key = ""): S | undefined {
    return this.#names.get(name)?.get(key);
  }

  /** All services of that name, by key, in the order of registration. */
  list(name: string): ReadonlyMap<string, S> {
    return new Map(this.#names.get(name));
  }

  #remove(name: string, key: string, service: S): void {
    const keys = this.#names.get(name);
    if (keys?.get(key) !== service) return;
    keys.delete(key);
    if (keys.size === 0) this.#names.delete(name);
  }
}

/**
 * A child's `start` that registers what it has started, for as long as it runs. When the name is taken, the new service is
 * stopped again and the start fails with AlreadyRegisteredError (`already_registered`).
 */
export function registered<S extends Service>(
  registry: Registry<S>,
  name: string,
  key: string,
  start: (context: StartContext) => Promise<S> | S,
): ChildSpec["start"] {
  return async function registered(context) {
    const service = await start(context);
    try {
      const remove = registry.register(name, key, service);
      return service.exited ? service : removedOnStop(service, remove);
    } catch (refused) {
      await service.stop();
      throw refused;
    }
  };
}

/** A service that cannot say when it has ended leaves the registry when it is stopped or killed. */
function removedOnStop(service: Service, remove: () => void): Service {
  return {
    pid: service.pid,
    async stop(deadlineMs): Promise<void> {
      try {
        await service.stop(deadlineMs);
      } finally {
        remove();
      }
    },
    ...(service.kill && {
      kill(): void {
        service.kill?.();
        remove();
      },
    }),
  };
}
