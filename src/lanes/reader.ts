/**
 * Reads the streams of the owned shards ahead of their lanes: when woken, and every `pollIntervalMs` all the same (a wake-up may be lost;
 * a poll that finds nothing is repeated up to four times less often). Bounded by the messages and bytes in memory, by what waits for a
 * commit, and by how far a stream may be read beyond its cursor.
 */
import { type Clock, type Events, fullJitterMs, SECOND, sleep, type Timer, toError } from "../core/index.ts";
import type { ReadPosition, Shard, Store, StoredMessage, StreamName } from "../store/index.ts";
import type { OwnedShard } from "./lane.ts";
import type { LaneBook } from "./lane-book.ts";
import type { LaneLimits } from "./limits.ts";

const STREAMS: readonly StreamName[] = ["in", "out"];
const BACKOFF = { baseMs: 50, capMs: 2_000 };
const MAX_IDLE_FACTOR = 4;
/** Memory that stays full for so long is held by a target that is too slow, ms. */
const STALLED_MS = SECOND;
/** Until messages have been seen, one is taken to have this many bytes. */
const FIRST_GUESS_BYTES = 1_000;

export interface ReaderOptions {
  readonly store: Pick<Store, "read">;
  readonly book: LaneBook;
  readonly clock: Clock;
  readonly events: Events;
  readonly limits: LaneLimits;
  /** Messages have been offered to lanes. */
  readonly onRead: () => void;
}

interface OwnedPosition extends ReadPosition {
  readonly owned: OwnedShard;
}

export class Reader {
  readonly #options: ReaderOptions;
  #reading: Promise<void> | undefined;
  #poll: Timer | undefined;
  #idleFactor = 1;
  #stalledSinceMs: number | undefined;
  #averageBytes = FIRST_GUESS_BYTES;
  #stopped = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  start(): void {
    this.#armPoll();
  }

  /** These shards may have grown. */
  wake(shards: Iterable<Shard>, streams: readonly StreamName[] = STREAMS): void {
    for (const shard of shards) {
      const owned = this.#options.book.shards.get(shard);
      if (owned) for (const stream of streams) owned.streams[stream].dirty = true;
    }
    this.resume();
  }

  /** There may be room again. */
  resume(): void {
    if (this.#stopped || this.#reading) return;
    if (this.#positions().length === 0 || !this.#options.book.gathered.hasRoom || this.#isStalled()) return;
    this.#reading = this.#read().finally(() => {
      this.#reading = undefined;
      this.resume();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#poll?.cancel();
    await this.#reading;
  }

  /** Is there too little memory to go on? When that lasts, the target that holds it makes room. */
  #isStalled(): boolean {
    const { book, clock, events } = this.#options;
    if (this.#hasRoom()) {
      this.#stalledSinceMs = undefined;
      return false;
    }
    const nowMs = clock.monotonicMs();
    this.#stalledSinceMs ??= nowMs;
    if (nowMs - this.#stalledSinceMs < STALLED_MS) return true;
    this.#stalledSinceMs = undefined;
    const target = book.relieve();
    if (target) events.emit("target.congested", { stream: target.stream, target: target.name });
    return !this.#hasRoom();
  }

  /** Half of the memory must be free, so that readings are few and large. */
  #hasRoom(): boolean {
    const { book, limits } = this.#options;
    const room = book.memory.room;
    return room.messages * 2 >= limits.memoryMessages && room.bytes * 2 >= limits.memoryBytes;
  }

  async #read(): Promise<void> {
    const { clock, events, onRead, store } = this.#options;
    const positions = this.#positions();
    const limit = this.#limit(positions.length);
    for (const { owned, stream } of positions) owned.streams[stream].dirty = false;
    for (let attempt = 1; !this.#stopped; attempt++) {
      try {
        const messages = await store.read(positions, limit);
        this.#offer(positions, messages, limit);
        onRead();
        return await nextTurn();
      } catch (thrown) {
        events.emit("error.caught", { stage: "lanes: reading streams", error: toError(thrown) });
        await sleep(clock, fullJitterMs(BACKOFF, attempt));
      }
    }
  }

  /** Deals what was read to the lanes; not of shards that were lost meanwhile, even if they are ours again: those begin anew. */
  #offer(positions: readonly OwnedPosition[], messages: readonly StoredMessage[], limit: number): void {
    const { book } = this.#options;
    const shards = new Map(positions.map(({ shard, owned }) => [shard, owned]));
    const counts = new Map<string, number>();
    let bytes = 0;
    for (const message of messages) {
      const id = `${message.stream}${message.shard}`;
      counts.set(id, (counts.get(id) ?? 0) + 1);
      bytes += message.body.length + message.key.length + (message.meta?.length ?? 0);
      const owned = shards.get(message.shard);
      if (owned?.phase === "active") book.offer(owned, message);
    }
    if (messages.length === 0) return;
    this.#averageBytes = bytes / messages.length;
    this.#idleFactor = 1;
    for (const { owned, shard, stream } of positions) {
      if ((counts.get(`${stream}${shard}`) ?? 0) >= limit) owned.streams[stream].dirty = true;
    }
  }

  #positions(): OwnedPosition[] {
    const { book, limits } = this.#options;
    const positions: OwnedPosition[] = [];
    for (const owned of book.shards.values()) {
      if (owned.phase !== "active") continue;
      for (const stream of STREAMS) {
        const { dirty, readTo, progress } = owned.streams[stream];
        if (!dirty || readTo - progress.cursor >= limits.windowMessages) continue;
        positions.push({ owned, shard: owned.shard, stream, after: readTo });
      }
    }
    return positions;
  }

  /** Messages a position, so that all of them together fit. */
  #limit(positions: number): number {
    const { book, limits } = this.#options;
    const room = book.memory.room;
    const messages = Math.min(room.messages, room.bytes / Math.max(1, this.#averageBytes));
    return Math.max(1, Math.min(limits.readBatch, Math.floor(messages / positions)));
  }

  #armPoll(): void {
    const { book, clock, limits } = this.#options;
    this.#poll = clock.after(limits.pollIntervalMs * this.#idleFactor, () => {
      this.#idleFactor = Math.min(MAX_IDLE_FACTOR, this.#idleFactor * 2);
      this.wake(book.shards.keys());
      this.#armPoll();
    });
  }
}

/** Lets handlers, commits and heartbeats have their turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
