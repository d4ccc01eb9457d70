import { actor, channel, defineApp } from "godwit";

/** One durable process a guest: its state outlives crashes, deploys and power cuts. Each guest's messages are handled in order. */
const guest = actor("guest", {
  initial: () => ({ visits: 0 }),
  receive(_message: { kind: "visit" }, ctx) {
    ctx.state.visits += 1;
    const visit = { guest: ctx.key, visits: ctx.state.visits };
    ctx.reply(visit);
    ctx.broadcast("lobby", "visit", visit);
  },
});

/** A live topic that sockets join (Phoenix Channels). It keeps its last 100 broadcasts for those who were away. */
const lobby = channel("lobby", {
  history: { keep: 100 },
  on: {
    wave: (payload, socket) => socket.broadcast("wave", payload),
  },
});

export default defineApp({
  name: "APP_NAME",
  actors: [guest],
  channels: [lobby],
  http: (app) => ({
    async fetch(request) {
      const name = new URL(request.url).pathname.slice(1) || "stranger";
      return Response.json(await app.ask(guest, name, { kind: "visit" }));
    },
  }),
  tryThis: [
    "curl {url}/ada",
    "then end the node as rudely as you like (kill -9), start it, and ask again: the count goes on",
  ],
});
