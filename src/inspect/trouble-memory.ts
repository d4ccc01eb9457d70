/** What went wrong in the last minutes, counted by whom it concerns. In memory and bounded; what is older is forgotten. */
import { type Events, MINUTE } from "../core/index.ts";
import { TROUBLE_NAMES, TROUBLES, type TroubleKind, type TroubleName } from "./trouble-catalog.ts";

export interface Trouble {
  readonly event: TroubleName;
  readonly subject: string;
  readonly count: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  /** Of the last time. */
  readonly detail: string;
}

const REMEMBERED_MS: number = 10 * MINUTE;
/** Subjects that are kept apart; the one that was quiet for longest is forgotten first. */
const MOST_SUBJECTS = 500;
const MOST_DETAIL = 300;

export class TroubleMemory {
  readonly #bySubject = new Map<string, Trouble>();

  /** Listens until the returned function is called. */
  listen(events: Events): () => void {
    const offs = TROUBLE_NAMES.map((name) => events.on(name, (payload, { atMs }) => this.#note(name, payload, atMs)));
    offs.push(events.on("breaker.closed", ({ connector }) => this.#forget("breaker.opened", connector)));
    return () => {
      for (const off of offs) off();
    };
  }

  /** Of the last ten minutes, the newest first. */
  recent(nowMs: number): readonly Trouble[] {
    const since = nowMs - REMEMBERED_MS;
    return [...this.#bySubject.values()].filter(({ lastAtMs }) => lastAtMs >= since).reverse();
  }

  #note(event: TroubleName, payload: object, atMs: number): void {
    if (event === "service.exited" && (payload as { reason?: string }).reason !== "error") return;
    const kind = TROUBLES[event] as TroubleKind<TroubleName>;
    const subject = kind.subject(payload as never).slice(0, MOST_DETAIL);
    const id = `${event} ${subject}`;
    const earlier = this.#bySubject.get(id);
    const detail = kind.detail(payload as never).slice(0, MOST_DETAIL);
    const fresh = !earlier || earlier.lastAtMs < atMs - REMEMBERED_MS;
    this.#bySubject.delete(id); // Again at the end, so that the first is the one that was quiet for longest.
    this.#bySubject.set(id, {
      event,
      subject,
      detail,
      lastAtMs: atMs,
      firstAtMs: fresh ? atMs : earlier.firstAtMs,
      count: fresh ? 1 : earlier.count + 1,
    });
    const quietest = this.#bySubject.keys().next().value;
    if (this.#bySubject.size > MOST_SUBJECTS && quietest !== undefined) this.#bySubject.delete(quietest);
  }

  #forget(event: TroubleName, subject: string): void {
    for (const [id, trouble] of this.#bySubject) {
      if (trouble.event === event && trouble.subject.startsWith(subject)) this.#bySubject.delete(id);
    }
  }
}
