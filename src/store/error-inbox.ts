/**
 * The inbox of errors: one group for all failures of one cause (its fingerprint), with a state that a person decides. A part of the store's
 * port of its own, since nothing that is promised about messages depends on it. Writers gather and write seldom: a storm is one row.
 */
import type { Page, PageRequest } from "./paging.ts";

export type ErrorState = "open" | "resolved" | "ignored";

/** Failures of one cause since the writer last wrote. */
export interface ErrorNote {
  readonly fingerprint: string;
  /** One line for people. */
  readonly title: string;
  readonly count: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly codeVersion: string;
  /** JSON text of the newest failure: its stack, and the message that caused it. */
  readonly sample: string;
}

export interface ErrorGroup {
  readonly fingerprint: string;
  readonly title: string;
  readonly state: ErrorState;
  readonly count: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  /** The code in which it was seen first, and last. */
  readonly firstVersion: string;
  readonly lastVersion: string;
  readonly sample: string;
  /** How often it has come back after it was resolved. */
  readonly regressions: number;
}

/** `first`: never seen before. `regression`: it was resolved, and is open again. */
export type ErrorNews = "first" | "regression" | null;

export interface ErrorFilter {
  readonly state?: ErrorState;
}

/** Groups that are kept: those that were quiet for longest are forgotten first. */
export const MAX_ERROR_GROUPS = 5_000;

export interface ErrorInboxStore {
  /** Adds to the groups, all or nothing. One answer a note, in order. */
  noteErrors(notes: readonly ErrorNote[]): Promise<readonly ErrorNews[]>;
  /** The latest first. */
  errors(filter: ErrorFilter, page: PageRequest): Promise<Page<ErrorGroup>>;
  error(fingerprint: string): Promise<ErrorGroup | undefined>;
  /** False when there is no such group. */
  decideError(fingerprint: string, state: ErrorState): Promise<boolean>;
}
