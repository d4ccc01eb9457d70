/**
 * Gathers failures by their fingerprint, and writes what has gathered into the store's inbox once a second: an error storm costs one row and
 * one write a second, whatever its rate. Sends the same on to Sentry when it is told where.
 *
 * States: idle ⇄ gathering (a timer is armed) → stopped (what has gathered is written). A crash loses at most the last second's counts; dead
 * letters and lanes keep their errors themselves.
 */
import { join } from "node:path";
import { type Clock, type Events, SECOND, type Timer, toError } from "../../core/index.ts";
import type { ErrorInboxStore, ErrorNews, ErrorNote } from "../../store/index.ts";
import { type Failure, fingerprintOf, type OwnsFile, titleOf } from "../../telemetry/index.ts";

export interface ErrorInboxOptions {
  readonly store: ErrorInboxStore;
  readonly clock: Clock;
  readonly events: Events;
  readonly codeVersion: () => string;
  /** Told of each group that was written. */
  readonly forward?: (note: ErrorNote, failure: Failure) => void;
}

/** What is kept of the newest failure of a group. */
export interface ErrorSample extends Failure {
  /** Where it happened: `actor desk`, a stage. */
  readonly where: string;
  readonly atMs: number;
  /** The message that caused it. */
  readonly messageId?: string;
  readonly key?: string;
}

const WRITE_EVERY_MS: number = SECOND;
/** Groups that wait for the next write; past it new ones are passed over until then. */
const MAX_WAITING = 100;
const MAX_STACK = 4_000;
const MAX_MESSAGE = 1_000;

const OWN_SOURCES = join(import.meta.dir, "../../..", "src/");

/** The app's files: what is neither Godwit's nor a dependency's. */
export const ownsFile: OwnsFile = (file) =>
  file.startsWith("/") && !file.startsWith(OWN_SOURCES) && !file.includes("/node_modules/");

interface Gathered {
  readonly note: ErrorNote;
  readonly failure: Failure;
}

export class ErrorInbox {
  readonly #options: ErrorInboxOptions;
  readonly #waiting = new Map<string, Gathered>();
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: ErrorInboxOptions) {
    this.#options = options;
    const { events } = options;
    events.on("message.failed", ({ error, target, key, id }, { atMs }) => {
      this.#take(error, { where: `actor ${target}`, atMs, messageId: id, key });
    });
    events.on("error.caught", ({ stage, error }, { atMs }) => this.#take(error, { where: stage, atMs }));
    events.on("channel.crashed", ({ topic, event, message }, { atMs }) => {
      this.#take({ name: "ChannelError", message }, { where: `channel ${topic}, event ${event}`, atMs });
    });
    events.on("service.exited", ({ path, reason, error }, { atMs }) => {
      if (reason === "error" && error) this.#take(error, { where: path, atMs });
    });
  }

  /** Writes what has gathered. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#write();
    await this.#writing;
  }

  #take(thrown: Failure, about: Omit<ErrorSample, keyof Failure>): void {
    const failure = bounded(thrown);
    const fingerprint = fingerprintOf(failure, ownsFile);
    const earlier = this.#waiting.get(fingerprint)?.note;
    if (!earlier && this.#waiting.size >= MAX_WAITING) return;
    const sample: ErrorSample = { ...failure, ...about };
    const note: ErrorNote = {
      fingerprint,
      title: titleOf(failure, ownsFile),
      count: (earlier?.count ?? 0) + 1,
      firstAtMs: earlier?.firstAtMs ?? about.atMs,
      lastAtMs: about.atMs,
      codeVersion: this.#options.codeVersion(),
      sample: JSON.stringify(sample),
    };
    this.#waiting.set(fingerprint, { note, failure });
    this.#timer ??= this.#options.clock.after(WRITE_EVERY_MS, () => this.#write());
  }

  #write(): void {
    this.#timer = undefined;
    const gathered = [...this.#waiting.values()];
    this.#waiting.clear();
    if (gathered.length === 0) return;
    this.#writing = this.#writing.then(() => this.#writeGathered(gathered));
  }

  /** While the store is away, what failed is told by the log alone: an inbox that waits for it would grow with the storm. */
  async #writeGathered(gathered: readonly Gathered[]): Promise<void> {
    const { store, forward } = this.#options;
    for (const { note, failure } of gathered) forward?.(note, failure);
    const news = await store.noteErrors(gathered.map(({ note }) => note)).catch((): readonly ErrorNews[] => []);
    gathered.forEach(({ note }, i) => {
      this.#tell(note, news[i] ?? null);
    });
  }

  #tell({ fingerprint, title, codeVersion }: ErrorNote, news: ErrorNews): void {
    const { events } = this.#options;
    if (news === "first") events.emit("error.first-seen", { fingerprint, title, codeVersion });
    if (news === "regression") events.emit("error.came-back", { fingerprint, title, codeVersion });
  }
}

function bounded(thrown: Failure): Failure {
  const { name, message, stack } = thrown instanceof Error ? toError(thrown) : thrown;
  return {
    name: String(name),
    message: String(message).slice(0, MAX_MESSAGE),
    ...(stack !== undefined && { stack: stack.slice(0, MAX_STACK) }),
  };
}
