import { type Clock, InvalidInputError, SECOND, systemClock } from "../../core/index.ts";
import { Appender } from "./append.ts";
import { Committer } from "./commit.ts";
import { ErrorInbox } from "./error-inbox.ts";
import { History } from "./history.ts";
import { Inspection } from "./inspection.ts";
import { Leases } from "./leases.ts";
import { type SchemaNames, schemaNames } from "./names.ts";
import { Reader } from "./reading.ts";
import { type Creation, upgradeSchema } from "./schema.ts";
import { Session } from "./session.ts";
import { STATE_PART_MAX_BYTES, Upkeep } from "./upkeep.ts";

const DEFAULT_SCHEMA = "godwit";
const DEFAULT_SHARD_COUNT = 64;
/** A transaction may lock every shard twice; the server's table of locks holds 6,400 with its defaults. */
const MAX_SHARD_COUNT = 1_024;
const DEFAULT_MAX_CONNECTIONS = 6;
const DEFAULT_CONNECT_TIMEOUT_MS: number = 5 * SECOND;

export interface PostgresStoreOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** Schema that holds everything of ours. Default `godwit`. */
  readonly schema?: string;
  /** Number of shards, 1 … 1,024, when the schema is created; one that is there keeps its own. Default 64. */
  readonly shardCount?: number;
  /** Shown in `pg_stat_activity` as `godwit/<node>/<role>`. Default `-` for each. */
  readonly node?: string;
  readonly role?: string;
  /** Connections of this process. Default 6. */
  readonly maxConnections?: number;
  /** How long a call tries to get a connection before it fails as unavailable, ms. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** Bytes of newly written states before they are folded into the table `states`. Default 64 MiB. */
  readonly statePartMaxBytes?: number;
  /** Dates the first tables; leases go by the server's. Default: the machine's. */
  readonly clock?: Clock;
}

/** What a started store works with. */
export interface StoreParts extends Creation {
  readonly names: SchemaNames;
  readonly session: Session;
  readonly appender: Appender;
  readonly committer: Committer;
  readonly leases: Leases;
  readonly reader: Reader;
  readonly history: History;
  readonly inspection: Inspection;
  readonly errorInbox: ErrorInbox;
  readonly upkeep: Upkeep;
}

/** @throws InvalidInputError when the shard count is out of range. @throws ConfigError when the schema's name is none. */
export function requireOptions({
  shardCount = DEFAULT_SHARD_COUNT,
  schema = DEFAULT_SCHEMA,
}: PostgresStoreOptions): void {
  schemaNames(schema);
  if (!Number.isInteger(shardCount) || shardCount < 1 || shardCount > MAX_SHARD_COUNT) {
    throw new InvalidInputError("shardCount", `an integer from 1 to ${MAX_SHARD_COUNT}`, shardCount);
  }
}

/** Connects, and creates or upgrades the schema. */
export async function openParts(options: PostgresStoreOptions): Promise<StoreParts> {
  const names = schemaNames(options.schema ?? DEFAULT_SCHEMA);
  const { url, node = "-", role = "-", clock = systemClock } = options;
  const session = new Session({
    url,
    applicationName: `godwit/${node}/${role}`,
    maxConnections: options.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    connectTimeoutMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
  });
  try {
    const creation = await upgradeSchema(session, names, options.shardCount ?? DEFAULT_SHARD_COUNT, clock.wallMs());
    return {
      names,
      session,
      appender: new Appender(session, names.schema),
      committer: new Committer(session, names.schema),
      leases: new Leases(session, names.schema),
      reader: new Reader(session, names.schema),
      history: new History(session, names.schema),
      inspection: new Inspection(session, names.schema),
      errorInbox: new ErrorInbox(session, names.schema),
      upkeep: new Upkeep(session, names, options.statePartMaxBytes ?? STATE_PART_MAX_BYTES),
      ...creation,
    };
  } catch (thrown) {
    await session.close();
    throw thrown;
  }
}
