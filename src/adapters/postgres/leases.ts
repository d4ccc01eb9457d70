import type {
  AcquiredLease,
  LaneRecord,
  Lease,
  Member,
  Membership,
  MessageRef,
  Shard,
  Suspect,
} from "../../store/index.ts";
import { LANE_COLUMNS, type LaneRow, type ProgressRow, toLane, toProgress } from "./rows.ts";
import type { Session } from "./session.ts";

/**
 * Members and their leases. A heartbeat updates the member's row alone: a lease lives as long as its owner does, by the server's clock.
 * `acquire` and `commit` of one shard exclude each other (see `fence` in schema-commit.ts).
 */
export class Leases {
  readonly #session: Session;
  readonly #schema: string;

  constructor(session: Session, schema: string) {
    this.#session = session;
    this.#schema = schema;
  }

  async heartbeat(member: Member, ttlMs: number): Promise<Membership> {
    const rows = await this.#session.rows<{ live: number; shard: number | null; epoch: number }>(
      `select * from ${this.#schema}.heartbeat($1, $2, $3::float8)`,
      [member.memberId, member.node, ttlMs],
    );
    const held = rows.flatMap(({ shard, epoch }) => (shard === null ? [] : [{ shard, epoch }]));
    return { liveMembers: rows[0]?.live ?? 0, held };
  }

  /** Shards in which a commit is under way just now are left for the next time. */
  async acquire(memberId: string, most: number, among?: readonly Shard[]): Promise<readonly AcquiredLease[]> {
    const s = this.#schema;
    return this.#session.transaction(async ({ rows }) => {
      const leases = await rows<Lease>(`select * from ${s}.acquire($1, $2::int, $3::int[]) order by shard`, [
        memberId,
        most,
        among ? this.#session.ints(among) : null,
      ]);
      if (leases.length === 0) return [];
      const shards = [this.#session.ints(leases.map(({ shard }) => shard))];
      const progress = await rows<ProgressRow & { shard: number }>(
        `select * from ${s}.shard_progress($1::int[])`,
        shards,
      );
      const lanes = await rows<LaneRow>(`select ${LANE_COLUMNS} from ${s}.lanes where shard = any ($1::int[])`, shards);
      const suspects = await rows<Suspect>(
        `select shard, stream, seq::float8, crashes from ${s}.suspects where shard = any ($1::int[]) order by stream, seq`,
        shards,
      );
      return joinByShard(leases, progress, lanes, suspects);
    });
  }

  async release(memberId: string, leases: readonly Lease[]): Promise<void> {
    await this.#session.rows(
      `update ${this.#schema}.leases l set owner = null from unnest($1::int[], $2::bigint[]) u(shard, epoch)
       where l.shard = u.shard and l.epoch = u.epoch and l.owner = $3`,
      [
        this.#session.ints(leases.map(({ shard }) => shard)),
        this.#session.bigints(leases.map(({ epoch }) => epoch)),
        memberId,
      ],
    );
  }

  async evict(memberId: string, running: readonly MessageRef[]): Promise<void> {
    await this.#session.rows(`select ${this.#schema}.evict($1, $2::int[], $3::text[], $4::bigint[])`, [
      memberId,
      this.#session.ints(running.map(({ shard }) => shard)),
      this.#session.texts(running.map(({ stream }) => stream)),
      this.#session.bigints(running.map(({ seq }) => seq)),
    ]);
  }
}

function joinByShard(
  leases: readonly Lease[],
  progress: readonly (ProgressRow & { readonly shard: number })[],
  lanes: readonly LaneRow[],
  suspects: readonly Suspect[],
): readonly AcquiredLease[] {
  const progressOf = new Map(progress.map((row) => [row.shard, toProgress(row)]));
  const lanesOf = Map.groupBy(lanes, ({ shard }) => shard);
  const suspectsOf = Map.groupBy(suspects, ({ shard }) => shard);
  return leases.map(({ shard, epoch }) => ({
    shard,
    epoch,
    progress: progressOf.get(shard) ?? { in: { cursor: 0, ahead: [] }, out: { cursor: 0, ahead: [] } },
    lanes: (lanesOf.get(shard) ?? []).map((row): LaneRecord => toLane(row)),
    suspects: suspectsOf.get(shard) ?? [],
  }));
}
