/** Readers of single values: text as flags and variables give it, in; a complete value out, or an error that says what was expected. */
import { resolve } from "node:path";
import { InvalidInputError, toMs } from "../../core/index.ts";

/** Reads a text. `path` names the flag or the variable in the error. @throws InvalidInputError (`invalid_input`). */
export type Parser<Value> = (text: string, path: string) => Value;

export function wholeNumber(least: number, most: number): Parser<number> {
  return (text, path) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidInputError(path, `a whole number from ${least} to ${most}`, text);
  };
}

export const absolutePath: Parser<string> = (text, path) => {
  if (text === "" || text.includes("\0")) throw new InvalidInputError(path, "a path", text);
  return resolve(text);
};

export const hostName: Parser<string> = (text, path) => {
  if (/^[A-Za-z0-9._:-]+$/.test(text)) return text;
  throw new InvalidInputError(path, "a host name or an IP address, such as 127.0.0.1, 0.0.0.0 or ::", text);
};

export const nodeName: Parser<string> = (text, path) => {
  if (/^[A-Za-z0-9._-]{1,63}$/.test(text)) return text;
  throw new InvalidInputError(path, "a name of 1 to 63 letters, digits, `.`, `_` or `-`", text);
};

/** Empty: none. The value is never repeated in an error. */
export const secretToken: Parser<string | undefined> = (text, path) => {
  if (text === "") return undefined;
  if (/^[\x21-\x7e]{16,256}$/.test(text)) return text;
  throw new InvalidInputError(path, "16 to 256 printable characters without spaces", `${text.length} characters`);
};

/** A secret token, or `open`. */
export const consoleToken: Parser<string | undefined> = (text, path) =>
  text === "open" ? text : secretToken(text, path);

export const milliseconds: Parser<number> = (text, path) => toMs(/^\d+$/.test(text) ? Number(text) : text, path);

const BYTES: Readonly<Record<string, number>> = { kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30 };

export const memoryLimit: Parser<number | "auto" | "off"> = (text, path) => {
  if (text === "auto" || text === "off") return text;
  const [, count, unit = ""] = /^(\d+(?:\.\d+)?) ?(kb|mb|gb)$/i.exec(text) ?? [];
  if (count !== undefined) return Math.floor(Number(count) * (BYTES[unit.toLowerCase()] as number));
  throw new InvalidInputError(path, "`auto`, `off` or a size such as 512mb or 1.5gb", text);
};

export const storeAddress: Parser<string> = (text, path) => {
  if (text === "sqlite" || isPostgresUrl(text)) return text;
  throw new InvalidInputError(path, "`sqlite` or a URL such as postgres://user@host:5432/database", hidePassword(text));
};

export const pubSubAddress: Parser<string> = (text, path) => {
  if (text === "auto" || text === "none" || isPostgresUrl(text) || isRedisUrl(text)) return text;
  const expected = "`auto`, `none` or a URL such as redis://host:6379 or postgres://user@host:5432/database";
  throw new InvalidInputError(path, expected, hidePassword(text));
};

function isRedisUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^(rediss?|valkeys?):$/.test(url.protocol) && url.hostname !== "";
}

function isPostgresUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^postgres(?:ql)?:$/.test(url.protocol) && url.hostname !== "";
}

/** An address for people: what stands between `:` and `@` is a password. */
export function hidePassword(address: string): string {
  return address.replace(/(\/\/[^:@/]*):[^@]*@/, "$1:***@");
}
