export { ClientChannel, type PushOptions } from "./client-channel.ts";
export { ClientError, type ClientErrorCode } from "./client-error.ts";
export { ClientSocket, type ConnectOptions, connect, type TokenSource } from "./client-socket.ts";
export type {
  AnyChannel,
  EventPayload,
  ParamsIn,
  Payload,
  PushEvent,
  PushPayload,
  PushReply,
  TopicIn,
} from "./types.ts";
