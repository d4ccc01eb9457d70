export { GapListeners } from "./gap-listeners.ts";
export { PubSubHub } from "./hub.ts";
export { type InterestChange, InterestSync, type InterestSyncOptions } from "./interest-sync.ts";
export { Outbox, type OutboxOptions, type OutgoingMessage } from "./outbox.ts";
export {
  checkMessage,
  checkTopic,
  MAX_MESSAGE_LENGTH,
  MAX_TOPIC_LENGTH,
  type PubSub,
  type Subscription,
} from "./port.ts";
export { ServerMember, type ServerMemberOptions } from "./server-member.ts";
export { type MessageListener, TopicListeners } from "./topic-listeners.ts";
