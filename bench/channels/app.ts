/** The channels that are measured. `room:*` is live only, `kept:*` keeps a history. */
import { type App, channel, defineApp } from "godwit";

const room = channel("room:*", {
  on: {
    bcast: (payload, socket) => void socket.broadcast("msg", payload),
    echo: (payload) => payload,
  },
});

const kept = channel("kept:*", {
  history: { keep: 500 },
  on: { bcast: (payload, socket) => void socket.broadcast("msg", payload) },
});

const app: App = defineApp({ name: "bench", channels: [room, kept] });

export default app;
