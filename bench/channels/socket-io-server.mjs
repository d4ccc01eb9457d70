// The same on Node with Socket.IO, in its own protocol, over WebSocket only and without compression.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { say } from "../peers/channel.mjs";

const server = createServer((_request, response) => response.end("ready"));
const io = new Server(server, { transports: ["websocket"], perMessageDeflate: false });

io.on("connection", (socket) => {
  socket.on("join", (topic, acknowledge) => {
    socket.join(topic);
    acknowledge("ok");
  });
  socket.on("bcast", (topic, payload) => io.to(topic).emit("msg", payload));
  socket.on("echo", (payload, acknowledge) => acknowledge(payload));
});

server.listen(0, "127.0.0.1", () => say({ kind: "listening", port: server.address().port }));
