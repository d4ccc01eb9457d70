/** What each worker slot was last heard to be: its process, its code, its memory. */
import type { AppManifest } from "../../app/index.ts";
import type { WorkerRow } from "../../inspect/index.ts";
import type { WorkerLink } from "../gateway/worker-links.ts";
import type { Heartbeat } from "../link-protocol.ts";

/** A slot as the roster shows it. */
export interface SlotState {
  readonly worker: string;
  readonly state: string;
  readonly pid: number | null;
  readonly restarts: number;
  readonly reason?: string;
}

interface Heard {
  readonly memberId: string;
  readonly codeVersion: string;
  readonly heartbeat: Heartbeat | undefined;
}

export class WorkerWatch {
  readonly #bySlot = new Map<string, Heard>();

  loaded({ slot, memberId }: WorkerLink, { codeVersion }: AppManifest): void {
    this.#bySlot.set(slot, { memberId, codeVersion, heartbeat: undefined });
  }

  heartbeat({ slot, memberId }: WorkerLink, heartbeat: Heartbeat): void {
    const heard = this.#bySlot.get(slot);
    if (heard?.memberId === memberId) this.#bySlot.set(slot, { ...heard, heartbeat });
  }

  gone({ slot, memberId }: WorkerLink): void {
    if (this.#bySlot.get(slot)?.memberId === memberId) this.#bySlot.delete(slot);
  }

  rows(slots: readonly SlotState[]): readonly WorkerRow[] {
    return slots.map(({ worker, state, pid, restarts, reason }) => {
      const heard = this.#bySlot.get(worker);
      return {
        worker,
        state,
        pid,
        restarts,
        memberId: heard?.memberId ?? null,
        codeVersion: heard?.codeVersion ?? null,
        rssBytes: heard?.heartbeat?.rssBytes ?? null,
        loopDelayMs: heard?.heartbeat?.loopDelayMs ?? null,
        reason: reason ?? null,
      };
    });
  }
}
