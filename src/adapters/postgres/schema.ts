import { ConfigError } from "../../core/index.ts";
import { newStoreId } from "../../store/index.ts";
import { errorTable } from "./error-inbox.ts";
import type { SchemaNames } from "./names.ts";
import { asideFunction, commitFunction, fenceFunction } from "./schema-commit.ts";
import { historyFunctions } from "./schema-history.ts";
import { inspectionFunctions } from "./schema-inspection.ts";
import { logFunctions } from "./schema-log.ts";
import { leaseFunctions, stateFunctions } from "./schema-state.ts";
import { dedupeTable, segmentTables, stateLogTable, tables } from "./schema-tables.ts";
import type { Session, Transaction } from "./session.ts";

/** Grows by one with each entry of `UPGRADES`. */
const SCHEMA_VERSION = 2;

/** What `start` runs where the schema is older; the index is the version it upgrades from. */
const UPGRADES: readonly ((names: SchemaNames) => string)[] = [
  (names) =>
    [
      tables(names.schema),
      logFunctions(names),
      historyFunctions(names),
      asideFunction(names),
      fenceFunction(names),
      commitFunction(names),
      leaseFunctions(names),
      stateFunctions(names),
      inspectionFunctions(names),
    ].join("\n"),
  ({ schema }) => errorTable(schema),
];

/** What was fixed when the schema was created. */
export interface Creation {
  readonly shardCount: number;
  readonly storeId: string;
}

/** Creates or upgrades the schema, one process at a time. */
export function upgradeSchema(
  session: Session,
  names: SchemaNames,
  shardCountIfNew: number,
  nowMs: number,
): Promise<Creation> {
  const { schema: s, locks } = names;
  return session.transaction(async (transaction) => {
    await transaction.rows(`select pg_advisory_xact_lock(${locks.upkeep}, 0)`);
    await transaction.rows(`create schema if not exists ${s}`);
    const version = await versionOf(transaction, s);
    if (version > SCHEMA_VERSION) {
      throw new ConfigError(
        `${session.description}: schema ${s} was written by a newer Godwit (version ${version}, this one knows ${SCHEMA_VERSION}): upgrade Godwit`,
      );
    }
    for (const upgrade of UPGRADES.slice(version)) await transaction.rows(upgrade(names));
    if (version === 0) await transaction.rows(firstContents(s, shardCountIfNew, nowMs));
    const [creation] = await transaction.rows<Creation>(
      `update ${s}.meta set value = case name when 'schema_version' then ${SCHEMA_VERSION} else value end
       where name in ('schema_version', 'shard_count') 
       returning (select value::int from ${s}.meta where name = 'shard_count') as "shardCount", (select store_id from ${s}.identity) as "storeId"`,
    );
    if (!creation) throw new ConfigError(`${session.description}: schema ${s} is there, but is not Godwit's`);
    return { shardCount: creation.shardCount, storeId: creation.storeId };
  });
}

async function versionOf({ rows }: Transaction, s: string): Promise<number> {
  const [meta] = await rows<{ there: boolean }>(`select to_regclass('${s}.meta') is not null as there`);
  if (!meta?.there) return 0;
  const [row] = await rows<{ value: number }>(`select value::int from ${s}.meta where name = 'schema_version'`);
  return row?.value ?? 0;
}

/** The first segment and parts. Every shard has an entry in the journal from the start, so that the newest one always is there. */
function firstContents(s: string, shardCount: number, nowMs: number): string {
  const now = Math.trunc(nowMs);
  return `
${segmentTables(s, 1)}
${dedupeTable(s, 1)}
${stateLogTable(s, 1)}
insert into ${s}.meta values ('schema_version', ${SCHEMA_VERSION}), ('shard_count', ${shardCount});
insert into ${s}.identity values ('${newStoreId()}');
insert into ${s}.segments values (1, ${now});
insert into ${s}.dedupe_parts values (1, ${now});
insert into ${s}.state_parts values (1, ${now});
insert into ${s}.leases select shard, 0, null from generate_series(0, ${shardCount - 1}) shard;
insert into ${s}.segment_bases select 1, shard, 0, 0 from ${s}.leases;
insert into ${s}.journal_1 select shard, 0, 0, ${now}, 0, 0, '[]', '[]', '', '', null, null from ${s}.leases;`;
}
