import { GodwitError } from "../core/index.ts";
import type { StateRecord } from "../store/index.ts";
import type { LaneState } from "./lane.ts";
import type { StateCodec } from "./target.ts";

/**
 * A stored state at the code's version. @throws when it cannot be brought there: `state_from_newer_code` when newer code wrote it, else
 * whatever `migrate` or `validate` throws.
 */
export function loadedState(codec: StateCodec<unknown>, record: StateRecord | undefined): LaneState {
  if (!record) return { body: null, version: codec.version };
  if (record.version === codec.version) return { body: record.body, version: record.version };
  if (record.version > codec.version) {
    throw new GodwitError(
      "state_from_newer_code",
      `the state of ${record.target}/${record.key} has version ${record.version}, this code knows versions up to ${codec.version}`,
    );
  }
  const migrated = codec.validate(codec.migrate(JSON.parse(record.body), record.version));
  return { body: JSON.stringify(migrated) ?? null, version: codec.version };
}

/**
 * The state after a handler, as text; undefined when it is as before.
 * @throws GodwitError `state_too_large` past `maxLength`; whatever JSON.stringify throws on what is no JSON.
 */
export function changedState(
  value: unknown,
  before: LaneState | undefined,
  version: number,
  maxLength: number,
): LaneState | undefined {
  const body = value === undefined ? null : (JSON.stringify(value) ?? null);
  if (before && body === before.body) return undefined;
  if (body !== null && body.length > maxLength) {
    throw new GodwitError(
      "state_too_large",
      `the state is ${body.length} characters of JSON; at most ${maxLength} are kept`,
    );
  }
  return { body, version };
}
