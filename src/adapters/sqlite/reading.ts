import type { ReadPosition, StoredMessage } from "../../store/index.ts";
import type { SqliteDatabase } from "./database.ts";
import { type MessageRow, toMessage } from "./rows.ts";
import type { Segments } from "./segments.ts";

/** Messages after each position, in the order of `seq` within it, at most `limit` a position. */
export function readStreams(
  db: SqliteDatabase,
  segments: Segments,
  positions: readonly ReadPosition[],
  limit: number,
): readonly StoredMessage[] {
  const messages: StoredMessage[] = [];
  for (const position of positions) readStream(db, segments, position, limit, messages);
  return messages;
}

function readStream(
  db: SqliteDatabase,
  segments: Segments,
  { shard, stream, after }: ReadPosition,
  limit: number,
  into: StoredMessage[],
): void {
  const first = segments.locate(stream, shard, after + 1) ?? segments.list[0];
  let missing = limit;
  for (const { segment } of segments.list) {
    if (missing === 0) return;
    if (segment < (first?.segment ?? 0)) continue;
    const rows = db
      .statement<MessageRow>(
        `select * from godwit_${stream}_${segment} where shard = ? and seq > ? order by seq limit ?`,
      )
      .all(shard, after, missing);
    for (const row of rows) into.push(toMessage(stream, row));
    missing -= rows.length;
  }
}
