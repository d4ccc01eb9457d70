import { ConfigError, describe } from "../core/index.ts";

/** The unescaped steps of a JSON pointer. */
export type PointerSteps = readonly string[];

/** Reads a JSON pointer (RFC 6901: `/customer/id`) or a dotted path (`customer.id`). @throws ConfigError naming `option` */
export function parsePointer(text: string, option: string): PointerSteps {
  if (text.startsWith("/")) {
    if (/~(?![01])/.test(text)) throw new ConfigError(`${option}: ~ stands for itself only as ~0 in ${describe(text)}`);
    return text
      .slice(1)
      .split("/")
      .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  }
  const steps = text.split(".");
  if (steps.includes("")) {
    throw new ConfigError(
      `${option}: expected a JSON pointer such as "/customer/id" or a path such as "customer.id", received ${describe(text)}`,
    );
  }
  return steps;
}

/** The value at the pointer; undefined when there is none. */
export function valueAt(document: unknown, steps: PointerSteps): unknown {
  let value = document;
  for (const step of steps) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/** For messages to people. */
export function showPointer(steps: PointerSteps): string {
  return `/${steps.map((step) => step.replaceAll("~", "~0").replaceAll("/", "~1")).join("/")}`;
}
