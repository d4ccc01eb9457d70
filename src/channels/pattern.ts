import { InvalidInputError } from "../core/index.ts";

/** The topic of a socket's heartbeats; no channel can have it. */
export const HEARTBEAT_TOPIC = "phoenix";

/** On that topic: a client shows a new token, with `{token}`; answered `{expires_in}` in seconds (null: never), or an error `{reason}`. */
export const TOKEN_EVENT = "token";
/** On that topic: the socket's token has run out; `{close_in}` in seconds. */
export const TOKEN_EXPIRED_EVENT = "token_expired";

/** A topic as its channel's pattern takes it: `"room:*"` takes `room:${string}`, `"lobby"` takes `"lobby"`. */
export type TopicOf<Pattern extends string> = Pattern extends `${infer Prefix}*` ? `${Prefix}${string}` : Pattern;

/** Does the pattern take the topic? A pattern is a topic, or a beginning followed by `*`, as in Phoenix. */
export function matchesPattern(pattern: string, topic: string): boolean {
  return pattern.endsWith("*") ? topic.startsWith(pattern.slice(0, -1)) : topic === pattern;
}

/** @throws InvalidInputError */
export function checkPattern(pattern: string): void {
  const star = pattern.indexOf("*");
  if (pattern === "" || (star >= 0 && star !== pattern.length - 1)) {
    throw new InvalidInputError("channel pattern", 'a topic such as "lobby", or a beginning such as "room:*"', pattern);
  }
  if (pattern === HEARTBEAT_TOPIC) {
    throw new InvalidInputError("channel pattern", "another than the topic of heartbeats", pattern);
  }
}
