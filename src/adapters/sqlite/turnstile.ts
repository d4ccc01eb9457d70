/**
 * Gives the processes that write to one file their turns. SQLite's own lock is first come, first served by luck: a process that writes
 * without pause would win it again and again while another one's retry timer sleeps.
 *
 * Whoever wants to write first takes the *turn*, then the file's lock, and gives the turn back as soon as it has the lock. One who has just
 * written finds the turn taken by the one that waits, and so comes after it.
 *
 * The turn is the write lock of an empty database beside the file (a WAL begins and rolls back in 3 µs, without touching the disk). The kernel
 * drops it with its process: a crash leaves nothing to clean up.
 */
import { Database, type Statement } from "bun:sqlite";

export class Turnstile {
  readonly #connection: Database;
  readonly #begin: Statement;
  readonly #rollback: Statement;

  /** `path`: of the empty database. May throw SQLITE_BUSY while another process opens it. */
  constructor(path: string) {
    this.#connection = new Database(path, { create: true });
    try {
      this.#connection.run("pragma journal_mode = wal");
      this.#begin = this.#connection.prepare("begin immediate");
      this.#rollback = this.#connection.prepare("rollback");
    } catch (thrown) {
      this.#connection.close();
      throw thrown;
    }
  }

  /** Takes the turn. @throws SQLITE_BUSY when another process has it. */
  take(): void {
    if (!this.#connection.inTransaction) this.#begin.run();
  }

  /** Gives it back, if it was taken. */
  give(): void {
    if (this.#connection.inTransaction) this.#rollback.run();
  }

  close(): void {
    this.give();
    this.#connection.close();
  }
}
