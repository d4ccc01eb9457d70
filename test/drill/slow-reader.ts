/** A WebSocket client that joins a topic and then reads no more, as a stuck tab or a dead phone does. */
import { connect, type Socket } from "node:net";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** Resolves once it has joined, with nothing read from then on. */
export async function openSlowReader(port: number, topic: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  const head = ["GET /socket/websocket?vsn=2.0.0 HTTP/1.1", `Host: 127.0.0.1:${port}`, "Upgrade: websocket"];
  socket.write(
    [...head, "Connection: Upgrade", `Sec-WebSocket-Key: ${KEY}`, "Sec-WebSocket-Version: 13", "", ""].join("\r\n"),
  );
  await new Promise<void>((resolve) => socket.once("data", () => resolve()));
  socket.write(maskedText(JSON.stringify(["1", "1", topic, "phx_join", {}])));
  await new Promise<void>((resolve) => socket.once("data", () => resolve()));
  socket.pause();
  return socket;
}

/** A text frame of a client (RFC 6455, section 5.2), its mask all zeros; texts of up to 125 bytes. */
function maskedText(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | bytes.length, 0, 0, 0, 0]), bytes]);
}
