import type { ChannelDefinition, SocketDefinition } from "../define.ts";
import type { ChannelManifest } from "../manifest.ts";

/** What a gateway must know of these definitions: sent to it by the workers that run them. */
export function manifestOf(channels: readonly ChannelDefinition[], socket?: SocketDefinition): ChannelManifest {
  return {
    authorizesConnect: socket !== undefined,
    channels: channels.map(({ pattern, history, options }) => ({
      pattern,
      history,
      presence: options.presence ?? false,
      intercepts: Object.keys(options.intercept ?? {}),
    })),
  };
}
