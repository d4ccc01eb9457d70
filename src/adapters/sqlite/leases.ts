import type { AcquiredLease, Lease, Member, Membership, MessageRef, Shard, Suspect } from "../../store/index.ts";
import type { SqliteDatabase } from "./database.ts";
import type { Journal } from "./journal.ts";
import { laneRecords } from "./lane-records.ts";

/** A member that has been silent for this long leaves no trace but its name in the journal. */
const FORGET_MEMBER_MS = 24 * 60 * 60 * 1000;

/** Members and their leases. Every method runs inside a write transaction. */
export class Leases {
  readonly #db: SqliteDatabase;
  readonly #journal: Journal;

  constructor(db: SqliteDatabase, journal: Journal) {
    this.#db = db;
    this.#journal = journal;
  }

  heartbeat(member: Member, expiresAtMs: number, nowMs: number): Membership {
    this.#db
      .statement(
        `insert into godwit_members values (?, ?, ?)
         on conflict (member_id) do update set node = excluded.node, expires_at = excluded.expires_at`,
      )
      .run(member.memberId, member.node, expiresAtMs);
    this.#db.statement("delete from godwit_members where expires_at <= ?").run(nowMs - FORGET_MEMBER_MS);
    const live = this.#db
      .statement<{ live: number }>("select count(*) as live from godwit_members where expires_at > ?")
      .get(nowMs);
    return { liveMembers: live?.live ?? 0, held: this.#heldBy(member.memberId) };
  }

  acquire(memberId: string, most: number, nowMs: number, among?: readonly Shard[]): readonly AcquiredLease[] {
    if (!this.#isLive(memberId, nowMs)) return [];
    const taken = this.#db
      .statement<Lease>(
        `update godwit_leases set epoch = epoch + 1, owner = ?1
         where shard in (
           select shard from godwit_leases left join godwit_members on member_id = owner
           where (owner is null or expires_at is null or expires_at <= ?2)
             and (?4 is null or shard in (select value from json_each(?4)))
           order by shard limit ?3)
         returning shard, epoch`,
      )
      .all(memberId, nowMs, most, among ? JSON.stringify(among) : null);
    return taken.sort((a, b) => a.shard - b.shard).map((lease) => this.#acquired(lease));
  }

  release(memberId: string, leases: readonly Lease[]): void {
    const release = this.#db.statement(
      "update godwit_leases set owner = null where shard = ? and epoch = ? and owner = ?",
    );
    for (const { shard, epoch } of leases) release.run(shard, epoch, memberId);
  }

  evict(memberId: string, running: readonly MessageRef[]): void {
    const gone = this.#db.statement("delete from godwit_members where member_id = ?").run(memberId);
    if (gone.changes === 0) return;
    this.#db.statement("update godwit_leases set owner = null where owner = ?").run(memberId);
    const note = this.#db.statement(
      `insert into godwit_suspects values (?, ?, ?, 1)
       on conflict (shard, stream, seq) do update set crashes = crashes + 1`,
    );
    for (const { shard, stream, seq } of running) note.run(shard, stream, seq);
  }

  /** Those of `leases` that `memberId` holds no more. */
  lost(memberId: string, leases: readonly Lease[]): readonly number[] {
    const holds = this.#db.statement("select 1 from godwit_leases where shard = ? and epoch = ? and owner = ?");
    return leases.filter(({ shard, epoch }) => !holds.get(shard, epoch, memberId)).map(({ shard }) => shard);
  }

  #isLive(memberId: string, nowMs: number): boolean {
    const found = this.#db
      .statement("select 1 from godwit_members where member_id = ? and expires_at > ?")
      .get(memberId, nowMs);
    return found !== null;
  }

  #heldBy(memberId: string): readonly Lease[] {
    return this.#db
      .statement<Lease>("select shard, epoch from godwit_leases where owner = ? order by shard")
      .all(memberId);
  }

  #acquired(lease: Lease): AcquiredLease {
    const suspects = this.#db
      .statement<Suspect>(
        "select shard, stream, seq, crashes from godwit_suspects where shard = ? order by stream, seq",
      )
      .all(lease.shard);
    return {
      ...lease,
      progress: this.#journal.progress(lease.shard),
      lanes: laneRecords(this.#db, lease.shard),
      suspects,
    };
  }
}
