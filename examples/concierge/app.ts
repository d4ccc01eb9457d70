/** The concierge: takes an order for the morning, on a page, over Telegram, over Messenger and over a signed webhook. */
import { actor, channel, defineApp } from "godwit";
import { type ChatMessage, messenger, telegram, webhook } from "godwit/connectors";
import { z } from "zod";
import { routes, standIn } from "./demo.ts";
import { answer, NEW_ORDER, remind } from "./order.ts";

type FromPage = { readonly kind: "page"; readonly text: string; readonly clientId: string };
type FromDesk = { readonly kind: "desk"; readonly guest: string; readonly text: string };
type Quiet = { readonly kind: "quiet" };

const concierge = actor("concierge", {
  initial: () => NEW_ORDER,
  async receive(message: FromPage | FromDesk | ChatMessage | Quiet, ctx) {
    const chat = `chat:${ctx.key}`;
    const say = (text: string, choices: readonly string[] = []) => {
      ctx.reply({ text, choices });
      ctx.broadcast(chat, "message", { id: ctx.messageId, from: "concierge", text, choices, at: ctx.now });
    };
    if (message.kind === "quiet") {
      const words = remind(ctx.state);
      if (words) say(words, ["Yes, please", "Cancel"]);
      return;
    }
    const { order, words, choices } = answer(ctx.state, message.text);
    ctx.broadcast(chat, "message", { ...message, id: ctx.messageId, from: "guest", via: ctx.connector, at: ctx.now });
    say(words, choices);
    ctx.state = order;
    ctx.broadcast(chat, "order", order);
    if (order.step === "done")
      ctx.sql`insert into orders (guest, dish, time) values (${ctx.key}, ${order.dish}, ${order.time})`;
    ctx.schedule("1 minute", { kind: "quiet" }, { name: "reminder" });
  },
});

const chat = channel("chat:*", {
  history: { keep: 500 },
  events: { "message:create": z.object({ clientId: z.string().max(64), text: z.string().trim().min(1).max(500) }) },
  on: {
    async "message:create"({ clientId, text }, socket) {
      const key = socket.topic.slice("chat:".length);
      const id = await socket.send(concierge, key, { kind: "page", text, clientId }, { idempotencyKey: clientId });
      return { id };
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
  setup: ["create table orders (guest text not null, dish text not null, time text not null)"],
  inspect: true,
  tryThis: ["open {url}, order breakfast, and kill the worker in the middle of it"],
});
