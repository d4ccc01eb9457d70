/** The counter behind a signed webhook. Its replies go to a sink that does nothing, or where `BENCH_DELIVER_URL` says, as signed webhooks. */
import { type App, actor, defineApp } from "godwit";
import { webhook } from "godwit/connectors";
import { type Message, replyTo, WEBHOOK_SECRET } from "./workload.ts";

const deliverUrl = process.env.BENCH_DELIVER_URL;

const sink = actor("sink", { receive() {} });

const counter = actor("counter", {
  initial: () => ({ count: 0 }),
  receive(message: Message, ctx) {
    ctx.state.count += message.n;
    const reply = replyTo(message, ctx.state.count);
    if (deliverUrl) ctx.reply(reply);
    else ctx.send(sink, ctx.key, reply);
  },
});

const app: App = defineApp({
  name: "bench",
  actors: [counter, sink],
  connectors: [
    webhook({
      name: "bench",
      to: counter,
      key: "/key",
      secret: WEBHOOK_SECRET,
      ...(deliverUrl && { deliverUrl }),
      delivery: { rateLimit: false },
    }),
  ],
});

export default app;
