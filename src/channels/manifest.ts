/** What a gateway must know of the channels that a user defined, as plain data: a gateway runs none of the user's code. */
import { matchesPattern } from "./pattern.ts";

export interface ChannelManifest {
  /** Does the app decide who may connect? False: everybody may, and no worker is asked. */
  readonly authorizesConnect: boolean;
  readonly channels: readonly ChannelEntry[];
}

export interface ChannelEntry {
  readonly pattern: string;
  /** Null: broadcasts are live only. */
  readonly history: HistoryPolicy | null;
  /** Is the presence state pushed after each join? */
  readonly presence: boolean;
  /** Events whose broadcasts the worker filters for each subscriber. */
  readonly intercepts: readonly string[];
}

/** At least one of the two. What is older, or beyond the newest `count`, is dropped in time. */
export interface HistoryPolicy {
  readonly count?: number;
  readonly ageMs?: number;
}

/** The first entry whose pattern takes the topic. */
export function entryFor(manifest: ChannelManifest, topic: string): ChannelEntry | undefined {
  return manifest.channels.find((entry) => matchesPattern(entry.pattern, topic));
}
