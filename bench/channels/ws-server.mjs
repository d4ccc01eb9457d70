// The same on Node with `ws`, which has no publish of its own: a set a topic; the frame is encoded once and sent to each.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { say } from "../peers/channel.mjs";

const topics = new Map();
const server = createServer((_request, response) => response.end("ready"));
const sockets = new WebSocketServer({ server, perMessageDeflate: false });

sockets.on("connection", (ws) => {
  ws.on("message", (text) => {
    const [joinRef, ref, topic, event, payload] = JSON.parse(text);
    if (event === "bcast") return publish(topic, JSON.stringify([null, null, topic, "msg", payload]));
    if (event === "phx_join") join(topic, ws);
    const response = event === "phx_join" ? {} : payload;
    ws.send(JSON.stringify([joinRef, ref, topic, "phx_reply", { status: "ok", response }]));
  });
});

function join(topic, ws) {
  const members = topics.get(topic) ?? new Set();
  topics.set(topic, members.add(ws));
}

function publish(topic, frame) {
  for (const ws of topics.get(topic)) ws.send(frame);
}

server.listen(0, "127.0.0.1", () => say({ kind: "listening", port: server.address().port }));
