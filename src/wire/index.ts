export { encodeLine, LineDecoder, MAX_FRAME_LENGTH } from "./line-frame.ts";
export {
  Link,
  LinkClosedError,
  type LinkOptions,
  type LinkTransport,
  type NotificationHandler,
  type RequestHandler,
} from "./link.ts";
export {
  type BroadcastMessage,
  type ClientMessage,
  MalformedFrameError,
  type PhoenixBody,
  type PhoenixRef,
  type PhoenixSerializer,
  type PushMessage,
  type ReplyMessage,
  serializerVersion,
  UnencodableError,
} from "./phoenix-frame.ts";
export { phoenixV1 } from "./phoenix-v1.ts";
export { phoenixV2 } from "./phoenix-v2.ts";
