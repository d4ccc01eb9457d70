/** Code that workers run: an app file, as it was when they loaded it. Each deploy makes a new one. */
export interface Release {
  /** 1 for what the node was started with; grows with each deploy. */
  readonly number: number;
  /** Absolute. */
  readonly appPath: string;
}

/**
 * One worker process after the other under one name in the supervision tree: launched (its app is loaded, it takes no work) → serving → draining →
 * ended. A process that dies is started again as the same incarnation, in the state that it had.
 */
export interface Incarnation {
  /** Its child's id: the slot's name, with a number while another of the slot has not ended. */
  readonly id: string;
  /** The same over all incarnations: `w0`, `w1` … */
  readonly slot: string;
  readonly release: Release;
  /** The process that runs now, or ran last. */
  memberId: string;
  /** False while it only shows that it can be started. */
  serving: boolean;
  /** Why its last process ended, where that was not asked for. */
  lastError: Error | undefined;
}
