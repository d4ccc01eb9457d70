/** What an app's code may call from channels and HTTP routes, and what the engines need of this worker. */
import { type AnyActor, type Asker, messageRequest } from "../../actors/index.ts";
import type { App, AppServices } from "../../app/index.ts";
import type { Broadcaster, HostPorts } from "../../channels/index.ts";
import type { Appender } from "../../log/index.ts";
import { type AppendOutcome, type AppendRequest, type MessageMeta, messageId } from "../../store/index.ts";
import { CHANNEL_REPLIES } from "./channel-replies.ts";
import type { GatewayLinks } from "./gateway-links.ts";

export interface ServiceParts {
  readonly app: App;
  readonly shardCount: number;
  readonly appender: Appender;
  readonly asker: Asker;
  readonly broadcaster: Broadcaster;
  readonly gateways: GatewayLinks;
  readonly keepsHistory: (topic: string) => boolean;
}

interface Send {
  readonly to: AnyActor | string;
  readonly key: string;
  readonly message: unknown;
  readonly meta: MessageMeta;
  readonly idempotencyKey?: string;
}

export function createAppServices(parts: ServiceParts): AppServices {
  const { asker, broadcaster, gateways } = parts;
  return {
    send: (to, key, message, options = {}) => send(parts, { to, key, message, meta: { from: "http" }, ...options }),
    ask: (to, key, message, options) => asker.ask(to, key, message, options, "http"),
    broadcast: async (topic, event, payload) => {
      await broadcaster.broadcast({ topic, event, body: JSON.stringify(payload) });
    },
    disconnect: (socketId) => gateways.command({ kind: "disconnect", socketId }),
  };
}

export function createHostPorts(parts: ServiceParts): HostPorts {
  const { broadcaster, gateways } = parts;
  return {
    command: (command) => gateways.command(command),
    broadcast: (outgoing) => broadcaster.broadcast(outgoing),
    send: ({ topic, target, key, message, idempotencyKey }) => {
      const meta = { from: `channel:${topic}`, origin: { connector: CHANNEL_REPLIES, conversation: topic } };
      return send(parts, { to: target, key, message, meta, ...(idempotencyKey !== undefined && { idempotencyKey }) });
    },
    presences: (channel, topic) => gateways.presences(channel, topic),
  };
}

async function send({ app, shardCount, appender }: ServiceParts, message: Send): Promise<string> {
  const actor = (name: string) => app.actors.find((definition) => definition.name === name);
  const request = messageRequest(message, { shardCount, actor });
  const [outcome] = await appender.append([request]);
  return idOf(request, outcome as AppendOutcome);
}

/** The id of a message that was taken now or before; the empty text while it waits for its source's order. */
function idOf({ shard }: AppendRequest, outcome: AppendOutcome): string {
  if (outcome.kind === "held" || outcome.seq === null) return "";
  return messageId({ stream: "in", shard, seq: outcome.seq });
}
