import type { Store } from "../../store/index.ts";

/** What channels need of a store. */
export type HistoryStore = Pick<Store, "appendHistory" | "readHistory" | "historyBounds" | "pruneHistory">;
