import type { StandardSchemaV1 } from "@standard-schema/spec";

export type Checked =
  | { readonly kind: "valid"; readonly value: unknown }
  | { readonly kind: "invalid"; readonly issues: readonly SchemaIssue[] };

/** What a client hears of a payload that broke its schema. */
export interface SchemaIssue {
  /** Keys joined by dots; empty for the payload itself. */
  readonly path: string;
  readonly message: string;
}

const MAX_ISSUES = 10;

/** Checks a value by its schema. */
export async function check(schema: StandardSchemaV1, value: unknown): Promise<Checked> {
  const result = await schema["~standard"].validate(value);
  if (!result.issues) return { kind: "valid", value: result.value };
  return { kind: "invalid", issues: result.issues.slice(0, MAX_ISSUES).map(toIssue) };
}

function toIssue(issue: StandardSchemaV1.Issue): SchemaIssue {
  const path = (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part));
  return { path: path.join("."), message: issue.message };
}
