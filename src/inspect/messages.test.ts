import { expect, test } from "bun:test";
import type { StoredMessage } from "../store/index.ts";
import { listMessages } from "./messages.ts";
import { Params } from "./params.ts";
import type { InspectedStore, InspectSources } from "./sources.ts";

/** One shard with so many messages; every hundredth is to the key that is asked for. */
function sourcesWith(count: number): { readonly sources: InspectSources; readonly reads: () => number } {
  let reads = 0;
  const log = Array.from(
    { length: count },
    (_, index): StoredMessage => ({
      shard: 0,
      stream: "in",
      seq: index + 1,
      target: "order",
      key: (index + 1) % 100 === 0 ? "wanted" : "other",
      body: `"${index + 1}"`,
      meta: null,
      acceptedAtMs: index,
    }),
  );
  const store: Partial<InspectedStore> = {
    shardCount: 1,
    shards: async () => [
      { shard: 0, epoch: 1, owner: null, head: { in: count, out: 0 }, cursor: { in: count, out: 0 } },
    ],
    read: async ([position], limit) => {
      reads++;
      const after = position?.after ?? 0;
      return log.slice(after, after + limit);
    },
    readBacklog: async () => [],
    handledBy: async () => undefined,
    deadLetter: async () => undefined,
  };
  return { sources: { store } as InspectSources, reads: () => reads };
}

const ask = (sources: InspectSources) => listMessages(sources, new Params({ actor: "order", key: "wanted" }));

test("a key's messages come newest first, each once, however long the log is", async () => {
  const { sources } = sourcesWith(1_550);
  const { rows } = await ask(sources);
  expect(rows.map(({ id }) => Number(id.split("-")[1]))).toEqual(
    Array.from({ length: 15 }, (_, index) => 1_500 - index * 100),
  );
  expect(rows[0]).toMatchObject({ status: "handled", body: '"1500"' });
});

test("at most twenty are shown, and no more of the log is read than they need", async () => {
  const { sources, reads } = sourcesWith(50_000);
  expect((await ask(sources)).rows).toHaveLength(20);
  expect(reads()).toBe(2);
});

test("of a log that has none nothing is shown", async () => {
  expect((await ask(sourcesWith(0).sources)).rows).toEqual([]);
});
