export { encodeLine, LineDecoder, MAX_FRAME_LENGTH } from "./line-frame.ts";
export {
  Link,
  LinkClosedError,
  type LinkOptions,
  type LinkTransport,
  type NotificationHandler,
  type RequestHandler,
} from "./link.ts";
