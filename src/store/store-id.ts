/** A name for a new store: twelve hexadecimal digits, so that two stores on earth hardly share one. */
export function newStoreId(): string {
  return crypto.randomUUID().replaceAll("-", "").slice(0, 12);
}
