import { type Clock, sleep } from "../../core/index.ts";

const BATCH_EVERY_MS = 100;

/**
 * Closes everything in equal batches spread over `spreadMs`, in random order, because clients come back within milliseconds and without jitter of
 * their own. What is opened meanwhile is closed too. Resolves when nothing is left.
 */
export async function closeSpread<T>(
  items: ReadonlySet<T>,
  close: (item: T) => void,
  options: { readonly clock: Clock; readonly spreadMs: number; readonly random: () => number },
): Promise<void> {
  const batches = Math.max(1, Math.ceil(options.spreadMs / BATCH_EVERY_MS));
  const size = Math.max(1, Math.ceil(items.size / batches));
  while (items.size > 0) {
    for (const item of shuffled([...items], options.random).slice(0, size)) close(item);
    if (items.size > 0) await sleep(options.clock, BATCH_EVERY_MS);
  }
}

/** Fisher and Yates's shuffle, as Durstenfeld put it (CACM 7, 1964). */
function shuffled<T>(items: T[], random: () => number): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [items[last], items[other]] = [items[other] as T, items[last] as T];
  }
  return items;
}
