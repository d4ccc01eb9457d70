/** The concierge: takes an order for the morning, on a page, over Telegram, over Messenger and over a signed webhook. */
import { actor, channel, defineApp } from "godwit";
import { messenger, telegram, webhook } from "godwit/connectors";
import { z } from "zod";
import { routes, standIn, tryThis } from "./demo.ts";
import { answer, NEW_ORDER, remind } from "./order.ts";

/** What every door hands in. `quiet` is the concierge's own reminder to itself. */
const heard = z.object({
  kind: z.string().default("message"),
  text: z.string().default(""),
  clientId: z.string().optional(),
});

const concierge = actor("concierge", {
  message: heard,
  initial: () => NEW_ORDER,
  receive({ kind, text, clientId }, ctx) {
    const isQuiet = kind === "quiet";
    const next = isQuiet ? remind(ctx.state) : answer(ctx.state, text);
    if (!next) return;
    const { order, words, choices } = next;
    const door = ctx.origin?.connector;
    const via = door === "godwit:channel" ? undefined : door;
    const line = { id: ctx.id, via, at: Date.now() };
    const topic = `chat:${ctx.key}`;
    if (!isQuiet) ctx.broadcast(topic, "message", { ...line, from: "guest", text, clientId });
    ctx.broadcast(topic, "message", { ...line, from: "concierge", text: words, choices, order });
    if (via) ctx.reply({ text: words, choices });
    if (order.step === "done") ctx.sql`insert into orders (guest, dish) values (${ctx.key}, ${order.dish ?? null})`;
    ctx.state = order;
    if (!remind(order)) ctx.cancel("reminder");
    else if (!isQuiet) ctx.schedule("1 minute", { kind: "quiet" }, { name: "reminder" });
  },
});

const chat = channel("chat:*", {
  history: { keep: 1000 },
  events: { "message:create": z.object({ clientId: z.string().max(64), text: z.string().trim().min(1).max(500) }) },
  on: {
    /** Answered with `ok` once the message is on disk. */
    async "message:create"(message, socket) {
      const key = socket.topic.slice("chat:".length);
      return { id: await socket.send(concierge, key, message, { idempotencyKey: message.clientId }) };
    },
  },
});

export default defineApp({
  name: "concierge",
  actors: [concierge],
  channels: [chat],
  connectors: [
    telegram({ to: concierge, ...standIn.telegram }),
    messenger({ to: concierge, ...standIn.messenger }),
    webhook({ name: "desk", to: concierge, key: "guest", ...standIn.desk }),
  ],
  http: routes,
  pages: { "/": "./page/index.html" },
  setup: ["create table orders (guest text not null, dish text not null)"],
  inspect: true,
  tryThis,
});
