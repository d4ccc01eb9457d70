/** A page: at most `limit` rows after `after` (an opaque position from the page before). */
export interface PageRequest {
  readonly limit: number;
  readonly after?: string;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Where the next page starts; absent on the last. */
  readonly next?: string;
}
