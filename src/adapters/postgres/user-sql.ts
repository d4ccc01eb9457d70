import { InvalidInputError } from "../../core/index.ts";
import type { SqlStatement } from "../../store/index.ts";
import type { SchemaNames } from "./names.ts";
import { sqlState } from "./postgres-errors.ts";
import type { Row, Session } from "./session.ts";

/** Statements that would end our transaction, or change the connection under it. */
const REFUSED =
  /^(begin|start|commit|end|abort|rollback|savepoint|release|prepare|set|reset|discard|listen|unlisten|lock)\b/i;
/** Blanks and comments before a statement. */
const LEADING = /^(\s+|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/|;)+/;
const READ_ONLY_TRANSACTION = "25006";

/** @throws InvalidInputError when the text would take hold of the transaction or the connection. */
export function refuseControl(text: string): void {
  if (REFUSED.test(text.replace(LEADING, ""))) {
    throw new InvalidInputError("sql", "a statement that does not control transactions or the connection", text);
  }
}

/** Reads what is committed. 64-bit integers that a number holds become numbers; larger ones stay `bigint`. */
export async function query(session: Session, statement: SqlStatement): Promise<readonly Row[]> {
  refuseControl(statement.text.join("?"));
  const result = await session.flight([statement], "begin read only");
  if (result.kind === "landed") return (result.rows[0] ?? []).map(narrowed);
  if (sqlState(result.thrown) !== READ_ONLY_TRANSACTION) throw result.thrown;
  throw new InvalidInputError("sql", "a statement that only reads", statement.text.join("?"));
}

/** Runs each of the user's set-up statements (scripts, each one transaction) at most once ever, in order, one process at a time. */
export async function setUp(
  session: Session,
  { schema: s, locks }: SchemaNames,
  statements: readonly string[],
): Promise<void> {
  for (const statement of statements) refuseControl(statement);
  await session.transaction(async ({ rows }) => {
    await rows(`select pg_advisory_xact_lock(${locks.upkeep}, 1)`);
    for (const statement of statements) {
      const hash = new Bun.CryptoHasher("sha256").update(statement).digest("hex");
      const [before] = await rows(`select 1 as found from ${s}.set_up where statement_hash = $1`, [hash]);
      if (before) continue;
      await rows(statement);
      await rows(`insert into ${s}.set_up (statement_hash, statement) values ($1, $2)`, [hash, statement]);
    }
  });
}

function narrowed(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toNumber(value)]));
}

function toNumber(value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
