import { Fifo } from "./fifo.ts";
import type { Lane, TargetLoad } from "./lane.ts";

/** A lane whose backlog must be read; `reading` numbers the request. */
export interface BacklogNeed {
  readonly lane: Lane;
  readonly reading: number;
}

/** Lanes whose backlog must be read next, target by target in turn, so that one with many waiting delays no other. */
export class BacklogNeeds {
  readonly #byTarget = new Map<TargetLoad, Fifo<BacklogNeed>>();

  add(need: BacklogNeed): void {
    const { load } = need.lane;
    let needs = this.#byTarget.get(load);
    if (!needs) {
      needs = new Fifo();
      this.#byTarget.set(load, needs);
    }
    needs.push(need);
  }

  /** Takes up to `most`, of targets that `mayLoad`. */
  take(most: number, mayLoad: (load: TargetLoad) => boolean): BacklogNeed[] {
    const taken: BacklogNeed[] = [];
    for (let turn = 0; taken.length < most && turn < most; turn++) {
      for (const [load, needs] of this.#byTarget) {
        if (taken.length >= most) break;
        const need = mayLoad(load) ? needs.shift() : undefined;
        if (need) taken.push(need);
        if (needs.length === 0) this.#byTarget.delete(load);
      }
    }
    return taken;
  }

  /** Is there one that `take` would give? */
  has(mayLoad: (load: TargetLoad) => boolean): boolean {
    for (const load of this.#byTarget.keys()) if (mayLoad(load)) return true;
    return false;
  }
}
