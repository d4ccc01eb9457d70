/** The least that a channel server on Bun must do: join, broadcast and echo, in one process, with Bun's own publish. */
import { say } from "../measure/program.ts";

type Frame = [joinRef: string | null, ref: string | null, topic: string, event: string, payload: unknown];

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request, server) {
    return server.upgrade(request, { data: undefined }) ? undefined : new Response("ready");
  },
  websocket: {
    data: undefined,
    perMessageDeflate: false,
    idleTimeout: 0,
    message(ws, text) {
      const [joinRef, ref, topic, event, payload] = JSON.parse(text as string) as Frame;
      if (event === "bcast") return void server.publish(topic, JSON.stringify([null, null, topic, "msg", payload]));
      if (event === "phx_join") ws.subscribe(topic);
      const response = event === "phx_join" ? {} : payload;
      ws.send(JSON.stringify([joinRef, ref, topic, "phx_reply", { status: "ok", response }]));
    },
  },
});
say({ kind: "listening", port: server.port });
