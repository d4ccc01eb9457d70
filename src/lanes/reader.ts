/**
 * Reads the streams of the owned shards ahead of their lanes: when woken, and every `pollIntervalMs` all the same (a wake-up may be lost;
 * a poll that finds nothing is repeated up to four times less often). Bounded by the messages and bytes in memory, by what waits for a
 * commit, and by how far a stream may be read beyond its cursor.
 */
import { type Clock, type Events, fullJitterMs, sleep, type Timer, toError } from "../core/index.ts";
import type { ReadPosition, Shard, Store, StreamName } from "../store/index.ts";
import type { OwnedShard } from "./lane.ts";
import type { LaneBook } from "./lane-book.ts";
import type { LaneLimits } from "./limits.ts";

const STREAMS: readonly StreamName[] = ["in", "out"];
const BACKOFF = { baseMs: 50, capMs: 2_000 };
const MAX_IDLE_FACTOR = 4;
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

export class Reader {
  readonly #options: ReaderOptions;
  #reading: Promise<void> | undefined;
  #poll: Timer | undefined;
  #idleFactor = 1;
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
    if (!this.#hasRoom() || this.#positions().length === 0) return;
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

  /** Half of the memory must be free, so that readings are few and large. */
  #hasRoom(): boolean {
    const { book, limits } = this.#options;
    const room = book.memory.room;
    return room.messages * 2 >= limits.memoryMessages && room.bytes * 2 >= limits.memoryBytes && book.gathered.hasRoom;
  }

  async #read(): Promise<void> {
    const { clock, events, onRead, store } = this.#options;
    const positions = this.#positions();
    const limit = this.#limit(positions.length);
    for (const { shard, stream } of positions) this.#setDirty(shard, stream, false);
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

  #offer(positions: readonly ReadPosition[], messages: Awaited<ReturnType<Store["read"]>>, limit: number): void {
    const { book } = this.#options;
    const counts = new Map<string, number>();
    let bytes = 0;
    for (const message of messages) {
      const id = `${message.stream}${message.shard}`;
      counts.set(id, (counts.get(id) ?? 0) + 1);
      bytes += message.body.length + message.key.length + (message.meta?.length ?? 0);
      const owned = book.shards.get(message.shard);
      if (owned?.phase === "active") book.offer(owned, message);
    }
    if (messages.length === 0) return;
    this.#averageBytes = bytes / messages.length;
    this.#idleFactor = 1;
    for (const { shard, stream } of positions) {
      if ((counts.get(`${stream}${shard}`) ?? 0) >= limit) this.#setDirty(shard, stream, true);
    }
  }

  #positions(): ReadPosition[] {
    const { book, limits } = this.#options;
    const positions: ReadPosition[] = [];
    for (const owned of book.shards.values()) {
      if (owned.phase !== "active") continue;
      for (const stream of STREAMS) {
        const { dirty, readTo, progress } = owned.streams[stream];
        if (!dirty || readTo - progress.cursor >= limits.windowMessages) continue;
        positions.push({ shard: owned.shard, stream, after: readTo });
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

  #setDirty(shard: Shard, stream: StreamName, dirty: boolean): void {
    const owned: OwnedShard | undefined = this.#options.book.shards.get(shard);
    if (owned) owned.streams[stream].dirty = dirty;
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
