import type { PresenceMeta } from "../protocol.ts";

/** Somebody present on a topic, from one `track` to its end. */
export interface PresenceEntry {
  /** `<replica>:<number>`, never used twice; the client's `phx_ref`. */
  readonly ref: string;
  readonly topic: string;
  readonly key: string;
  /** Holds `phx_ref`, and `phx_ref_prev` after an update. */
  readonly meta: PresenceMeta;
}
