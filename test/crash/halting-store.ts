/** A store that halts its process at a named point, for crash tests: the parent kills it there. Production code knows nothing of it. */
import type { Store } from "../../src/store/index.ts";

/** Where the process stops for good: before or after a call of the store has had its effect. */
export type HaltPoint = `before ${HaltedCall}` | `after ${HaltedCall}`;
type HaltedCall = "append" | "commit" | "acquire" | "redrive commit";

/** Says so on stdout, once, and never returns. */
export function halt(point: string): Promise<never> {
  process.stdout.write(`halted ${point}\n`);
  return new Promise(() => {});
}

/** `store`, which halts at `point`. Calls up to `skip` of that kind pass. */
export function haltingStore(store: Store, point: HaltPoint | undefined, skip: number): Store {
  if (point === undefined) return store;
  let left = skip;
  const mine = (call: HaltedCall) => point.endsWith(` ${call}`) && left-- <= 0;
  const guard = async <T>(calls: readonly HaltedCall[], run: () => Promise<T>): Promise<T> => {
    const halts = calls.some((call) => mine(call));
    if (halts && point.startsWith("before")) return halt(point);
    const result = await run();
    return halts ? halt(point) : result;
  };
  const own: Partial<Store> = {
    append: (...args) => guard(["append"], () => store.append(...args)),
    acquire: (...args) => guard(["acquire"], () => store.acquire(...args)),
    commit: (request) => {
      const redrives = request.shards.some((shard) => (shard.deadLetterDecisions ?? []).length > 0);
      return guard(redrives ? ["redrive commit"] : ["commit"], () => store.commit(request));
    },
  };
  return new Proxy(store, {
    get: (target, name) => {
      const value = own[name as keyof Store] ?? Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
