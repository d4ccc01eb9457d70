import { DAY, HOUR } from "../core/index.ts";
import type {
  AcquiredLease,
  AppendRequest,
  CommitAuthor,
  CommitOutcome,
  CommitRequest,
  Lease,
  Member,
  NewMessage,
  RetentionPolicy,
  ShardCommit,
  Store,
} from "../store/index.ts";

/** A database of its own for one test, empty at first; disposing of it removes the database and closes what was opened. */
export interface StoreFixture extends AsyncDisposable {
  /** A started store on this database. Each call opens it anew, as another process would. */
  open(): Promise<Store>;
  /** Lets the store's own clock (lease expiry) move on, or the leases age, by `ms`. */
  passTime(ms: number): Promise<void>;
}

export type CreateFixture = (options: { readonly shardCount: number }) => Promise<StoreFixture>;

/** Shards of every store under contract. */
export const SHARD_COUNT = 8;
/** A wall time, ms; contract tests count from here. */
export const T0: number = Date.UTC(2026, 0, 1, 12);
export const TTL_MS = 10_000;
export const POLICY: RetentionPolicy = { keepMs: HOUR, dedupeWindowMs: 7 * DAY, segmentMs: HOUR };

export const ALICE: Member = { memberId: "alice", node: "n1" };
export const BOB: Member = { memberId: "bob", node: "n2" };

export function authorOf(member: Member): CommitAuthor {
  return { memberId: member.memberId, codeVersion: "v1" };
}

/** A message for lane (`desk`, `key`) of shard 0 unless told otherwise. */
export function message(body: string, changes: Partial<AppendRequest> = {}): AppendRequest {
  return { shard: 0, target: "desk", key: "guest", body: JSON.stringify(body), meta: null, ...changes };
}

export function delivery(body: string, changes: Partial<NewMessage> = {}): NewMessage {
  return { shard: 0, target: "telegram", key: "chat-1", body: JSON.stringify(body), meta: null, ...changes };
}

/** Joins as `member` and takes every free shard. */
export async function takeAll(store: Store, member: Member = ALICE): Promise<readonly AcquiredLease[]> {
  await store.heartbeat(member, TTL_MS);
  return store.acquire(member.memberId, SHARD_COUNT);
}

/** Takes all shards as alice and returns the lease of shard 0, for tests that need just one. */
export async function takeShard0(store: Store, member: Member = ALICE): Promise<AcquiredLease> {
  const [lease] = await takeAll(store, member);
  if (!lease) throw new Error("shard 0 was not free");
  return lease;
}

/** A shard's part of a commit. Takes shard and epoch of the lease and nothing else. */
export function partOf({ shard, epoch }: Lease, parts: Omit<ShardCommit, keyof Lease> = {}): ShardCommit {
  return { shard, epoch, ...parts };
}

export function commitOf(lease: Lease, parts: Omit<ShardCommit, keyof Lease>): CommitRequest {
  return { author: authorOf(ALICE), nowMs: T0, shards: [partOf(lease, parts)] };
}

/** Commits and insists that it was committed. */
export async function commit(
  store: Store,
  lease: Lease,
  parts: Omit<ShardCommit, keyof Lease>,
): Promise<Extract<CommitOutcome, { kind: "committed" }>> {
  const outcome = await store.commit(commitOf(lease, parts));
  if (outcome.kind !== "committed") throw new Error(`not committed: ${JSON.stringify(outcome)}`);
  return outcome;
}

/** The bodies of shard 0's `in` stream, or of another, in order. */
export async function bodies(store: Store, shard = 0, stream: "in" | "out" = "in"): Promise<readonly string[]> {
  const messages = await store.read([{ shard, stream, after: 0 }], 10_000);
  return messages.map((row) => JSON.parse(row.body) as string);
}

/** The sequences of a stream, in the order in which they are read. */
export async function seqs(store: Store, shard = 0, stream: "in" | "out" = "in"): Promise<readonly number[]> {
  const messages = await store.read([{ shard, stream, after: 0 }], 10_000);
  return messages.map((row) => row.seq);
}
