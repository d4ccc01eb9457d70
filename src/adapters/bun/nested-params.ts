const MAX_DEPTH = 8;

interface Nested {
  [key: string]: string | Nested;
}

/**
 * Reads `user[name]=x` as `{ user: { name: "x" } }`, the way Phoenix clients write nested params. The last of equal names wins, deeper than
 * eight levels is passed over, and so is `__proto__`.
 */
export function nestedParams(search: URLSearchParams, without: readonly string[] = []): Nested {
  const params: Nested = {};
  for (const [name, value] of search) {
    const path = [...name.matchAll(/[^[\]]+/g)].map(([part]) => part);
    const hostile = path.includes("__proto__");
    if (path.length > 0 && path.length <= MAX_DEPTH && !hostile && !without.includes(name)) place(params, path, value);
  }
  return params;
}

function place(params: Nested, path: readonly string[], value: string): void {
  let at = params;
  for (const key of path.slice(0, -1)) {
    const next = Object.hasOwn(at, key) ? at[key] : undefined;
    const level: Nested = typeof next === "object" ? next : {};
    at[key] = level;
    at = level;
  }
  at[path.at(-1) as string] = value;
}
