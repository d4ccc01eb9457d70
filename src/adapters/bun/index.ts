export {
  type ChannelServer,
  type ChannelServerOptions,
  type ChannelSocketData,
  createChannelServer,
} from "./channel-server.ts";
export { FlightRecorder, readFlightRecorder } from "./flight-recorder.ts";
export { bunHmac } from "./hmac.ts";
export { connectLink, type LinkAcceptor, type LinkServer, listenLink } from "./unix-link.ts";
