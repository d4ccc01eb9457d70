/**
 * What only the demonstration needs: the button that kills the worker, and stand-ins for the providers, so that everything runs without an account.
 * With a bot or a page of your own, set the variables of README.md and the stand-ins step aside.
 */
import { Hono } from "hono";

/** Where replies go that have no real provider: routes of this very app, below. Another port than 4000 must be said. */
const HERE = process.env.CONCIERGE_URL ?? "http://127.0.0.1:4000";
const env = (name: string, standIn: string): string => process.env[name] || standIn;

export const standIn = {
  telegram: {
    token: env("GODWIT_TELEGRAM_TOKEN", "42:concierge-demo"),
    secretToken: env("GODWIT_TELEGRAM_SECRET_TOKEN", "concierge-demo"),
    ...(process.env.GODWIT_TELEGRAM_TOKEN ? {} : { baseUrl: env("GODWIT_TELEGRAM_BASE_URL", `${HERE}/demo/telegram`) }),
  },
  messenger: {
    pageAccessToken: env("GODWIT_MESSENGER_PAGE_ACCESS_TOKEN", "concierge-demo"),
    appSecret: env("GODWIT_MESSENGER_APP_SECRET", "concierge-demo"),
    verifyToken: env("GODWIT_MESSENGER_VERIFY_TOKEN", "concierge-demo"),
    ...(process.env.GODWIT_MESSENGER_PAGE_ACCESS_TOKEN
      ? {}
      : { baseUrl: env("GODWIT_MESSENGER_BASE_URL", `${HERE}/demo/messenger`) }),
  },
  desk: {
    secret: env("GODWIT_DESK_SECRET", "whsec_Y29uY2llcmdlLWRlbW8tc2VjcmV0LWtleQ=="),
    deliverUrl: env("GODWIT_DESK_DELIVER_URL", `${HERE}/demo/desk`),
  },
};

export const routes = new Hono()
  // The process that runs this line is the worker that took the request; it lives just long enough to answer.
  .post("/demo/crash", (c) => {
    setTimeout(() => process.kill(process.pid, "SIGKILL"), 10);
    return c.body(null, 202);
  })
  .post("/demo/telegram/*", (c) =>
    c.json({ ok: true, result: { message_id: 1, date: 0, chat: { id: 1, type: "private" } } }),
  )
  .post("/demo/messenger/*", (c) => c.json({ recipient_id: "demo", message_id: "m_demo" }))
  .post("/demo/desk", (c) => c.json({ ok: true }));

export const tryThis = [
  "Open {url}, order breakfast, kill the worker in the middle of it, and write on.",
  "Or write as Telegram would, and watch {url}/?c=telegram:42 :",
  "",
  "curl {url}/webhooks/telegram -H 'X-Telegram-Bot-Api-Secret-Token: concierge-demo' \\",
  `  -d '{"update_id":'$(date +%s)',"message":{"message_id":1,"date":0,"text":"Good evening",`,
  `       "chat":{"id":42,"type":"private"},"from":{"id":42,"is_bot":false,"first_name":"Ada"}}}'`,
];
