import type { StandardSchemaV1 } from "@standard-schema/spec";
import { ConfigError, describe, GodwitError } from "../core/index.ts";

/** A value that a schema refuses. `issues` are the schema's own words, each with the path it speaks of. Not retryable. */
export class SchemaError extends GodwitError {
  readonly issues: readonly string[];

  constructor(what: string, issues: readonly string[]) {
    super("schema_refused", `${what}: ${issues.join("; ")}`);
    this.issues = issues;
  }
}

/**
 * Checks a value and returns the schema's output (with its defaults and conversions).
 * @throws SchemaError when it is refused; ConfigError when the schema answers with a promise: checks stand on the hot path of every message.
 */
export function checkSchema<Output>(schema: StandardSchemaV1<unknown, Output>, value: unknown, what: string): Output {
  const result = schema["~standard"].validate(value);
  if (result instanceof Promise) {
    throw new ConfigError(`${what}: its schema is asynchronous; only synchronous schemas can be used here`);
  }
  if (!result.issues) return result.value;
  throw new SchemaError(what, result.issues.slice(0, 5).map(issueText));
}

/** Is this a schema of the Standard Schema specification, version 1 (zod ≥ 3.24, valibot, arktype, …)? */
export function isSchema(value: unknown): value is StandardSchemaV1 {
  const holdsProperties = (typeof value === "object" && value !== null) || typeof value === "function";
  if (!holdsProperties || !("~standard" in value)) return false;
  const standard = value["~standard"];
  return typeof standard === "object" && standard !== null && "validate" in standard;
}

function issueText(issue: StandardSchemaV1.Issue): string {
  const path = (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part));
  return path.length > 0 ? `${path.join(".")}: ${describe(issue.message).slice(1, -1)}` : issue.message;
}
