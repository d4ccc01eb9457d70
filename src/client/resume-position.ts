/**
 * Where a channel with history stands: the `seq` of the last message that was seen. Pure.
 *
 * A join without a position starts at the topic's end, which the reply tells. One with a position is told `recovered: true`, and what was missed follows
 * with its own numbers; or `recovered: false`, and then the reply's `seq` is where it goes on.
 */
export class ResumePosition {
  #seq: number | undefined;

  get seq(): number | undefined {
    return this.#seq;
  }

  /** The params of the next join. */
  joinParams(params: object): object {
    return this.#seq === undefined ? params : { ...params, since: this.#seq };
  }

  /** The join's reply. True when messages were missed that nobody holds any more. */
  joined(response: unknown): boolean {
    const { seq, recovered } = (response ?? {}) as { readonly seq?: unknown; readonly recovered?: unknown };
    if (typeof seq !== "number") return false;
    if (recovered !== true) this.#seq = seq;
    return recovered === false;
  }

  /** A message of the topic. */
  saw(payload: unknown): void {
    const { seq } = (typeof payload === "object" && payload !== null ? payload : {}) as { readonly seq?: unknown };
    if (this.#seq !== undefined && typeof seq === "number" && seq > this.#seq) this.#seq = seq;
  }
}
