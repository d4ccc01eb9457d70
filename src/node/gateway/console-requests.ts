/** Reads what a console's page asks: from the wire to complete, bounded values. */
import type { LinkBody } from "../../channels/index.ts";
import { InvalidInputError } from "../../core/index.ts";
import type { ConsoleControl, ConsoleQueries, ConsoleQuery, DeadFilter } from "./console-protocol.ts";

const MAX_TEXT = 1_000;
/** Most dead letters that one decision may name. */
const MAX_IDS = 1_000;

/** The arguments of each query: true: needed; false: may be left out. */
const ARGUMENTS: { readonly [K in ConsoleQuery]: Readonly<Record<string, boolean>> } = {
  dead: { target: false, key: false, status: false, after: false },
  errors: { state: false },
  shards: {},
  lanes: { status: false, after: false },
  topics: { find: false },
  topic: { topic: true },
  keys: { find: true },
  key: { target: true, key: true },
};

type Query = {
  readonly [K in ConsoleQuery]: { readonly kind: K; readonly args: ConsoleQueries[K]["args"] };
}[ConsoleQuery];

/** @throws InvalidInputError naming what is wrong. */
export function readQuery(event: string, body: LinkBody): Query {
  if (!Object.hasOwn(ARGUMENTS, event)) {
    throw new InvalidInputError("event", `control or one of ${Object.keys(ARGUMENTS).join(", ")}`, event);
  }
  const kind = event as ConsoleQuery;
  const fields = readObject(body);
  const args: Record<string, string> = {};
  for (const [name, isNeeded] of Object.entries(ARGUMENTS[kind])) {
    if (isNeeded || fields[name] !== undefined) args[name] = readText(fields, name);
  }
  return { kind, args } as unknown as Query;
}

/** @throws InvalidInputError naming what is wrong. */
export function readControl(body: LinkBody): ConsoleControl {
  const fields = readObject(body);
  const reason = readText(fields, "reason");
  const { kind } = fields;
  switch (kind) {
    case "redrive":
    case "discard":
      return { kind, ids: readIds(fields.ids), reason };
    case "redrive-all":
    case "discard-all":
      return { kind, filter: readFilter(fields.filter), reason };
    case "pause":
    case "resume": {
      const { stream } = fields;
      if (stream !== "in" && stream !== "out") throw new InvalidInputError("stream", "in or out", stream);
      return { kind, stream, target: readText(fields, "target"), key: readText(fields, "key"), reason };
    }
    case "resolve":
    case "ignore":
    case "reopen":
      return { kind, fingerprint: readText(fields, "fingerprint"), reason };
    default:
      throw new InvalidInputError("kind", "a decision that the console offers", kind);
  }
}

type Fields = Readonly<Record<string, unknown>>;

function readObject(body: LinkBody): Fields {
  const value: unknown = typeof body === "string" ? JSON.parse(body) : undefined;
  if (typeof value === "object" && value !== null) return value as Fields;
  throw new InvalidInputError("payload", "an object", value);
}

function readText(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === "string" && value.length <= MAX_TEXT) return value;
  throw new InvalidInputError(name, `text of at most ${MAX_TEXT} characters`, value);
}

function readIds(value: unknown): readonly string[] {
  const isList = Array.isArray(value) && value.length > 0 && value.length <= MAX_IDS;
  if (isList && value.every((id) => typeof id === "string")) return value;
  throw new InvalidInputError("ids", `1 to ${MAX_IDS} message ids`, value);
}

function readFilter(value: unknown): DeadFilter {
  if (typeof value !== "object" || value === null) throw new InvalidInputError("filter", "an object", value);
  const fields = value as Fields;
  const names = (["target", "key"] as const).filter((name) => fields[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, readText(fields, name)]));
}
