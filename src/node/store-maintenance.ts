/** Lets the store begin and drop its segments, as often as it takes. Cheap when there is nothing to do. */
import { type Clock, DAY, type Events, HOUR, SECOND, sleep, toError } from "../core/index.ts";
import type { RetentionPolicy, Store } from "../store/index.ts";
import { type ChildSpec, taskService } from "../supervision/index.ts";

/** PostgreSQL folds states and both begin segments only here, so it has to come often under load. */
const INTERVAL_MS: number = 2 * SECOND;

export const DEFAULT_RETENTION: RetentionPolicy = { keepMs: 3 * DAY, dedupeWindowMs: 7 * DAY, segmentMs: 6 * HOUR };

export function storeMaintenance(store: Pick<Store, "maintain">, clock: Clock, events: Events): ChildSpec {
  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      try {
        await store.maintain(DEFAULT_RETENTION, clock.wallMs());
      } catch (thrown) {
        events.emit("error.caught", { stage: "store maintenance", error: toError(thrown) });
      }
      await Promise.race([sleep(clock, INTERVAL_MS), aborted(signal)]);
    }
  };
  return { id: "maintenance", start: () => taskService(run) };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
