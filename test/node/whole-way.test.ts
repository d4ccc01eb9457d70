/** The first flight: a webhook of each provider, from its published shape, all the way to the provider's API and to a socket. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Socket } from "phoenix";
import { FakeProvider } from "../../src/testing/index.ts";
import { sendMessenger } from "./chat-client.ts";
import { NodeProcess } from "./node-process.ts";

const ROOT = join(import.meta.dir, "../..");
/** The concierge's stand-in secret, for both providers. */
const SECRET = "concierge-demo";

interface Line {
  readonly from: string;
  readonly text: string;
  readonly seq: number;
}

async function fixture(path: string): Promise<Record<string, unknown>> {
  return ((await Bun.file(join(ROOT, "test/fixtures/providers", path)).json()) as { body: Record<string, unknown> })
    .body;
}

function postTelegram(url: string, update: object): Promise<Response> {
  return fetch(`${url}/webhooks/telegram`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-telegram-bot-api-secret-token": SECRET },
    body: JSON.stringify(update),
  });
}

describe("the concierge", () => {
  let provider: FakeProvider;
  let node: NodeProcess;

  beforeAll(async () => {
    provider = await FakeProvider.start();
    node = await NodeProcess.start({
      app: join(ROOT, "examples/concierge/app.ts"),
      env: {
        GODWIT_TELEGRAM_BASE_URL: provider.url,
        GODWIT_TELEGRAM_RATE_LIMIT: "off",
        GODWIT_MESSENGER_BASE_URL: provider.url,
      },
    });
  });
  afterAll(async () => {
    await node?.[Symbol.asyncDispose]();
    await provider?.stop();
  });

  /** Joins a conversation's topic with the unmodified client and collects what it shows; `lines(n)` waits for n of them. */
  async function watch(key: string) {
    const socket = new Socket(`${node.url.replace("http", "ws")}/socket`, { transport: WebSocket });
    socket.connect();
    const channel = socket.channel(`chat:${key}`, {});
    const seen: Line[] = [];
    let wake: () => void = () => {};
    channel.on("message", (line: never) => {
      seen.push(line);
      wake();
    });
    await new Promise((resolve, reject) => channel.join().receive("ok", resolve).receive("error", reject));
    return {
      close: () => socket.disconnect(),
      lines: async (count: number): Promise<readonly Line[]> => {
        while (seen.length < count) await new Promise<void>((resolve) => (wake = resolve));
        return seen;
      },
    };
  }

  test("answers a Telegram update at Telegram's API, in order, and shows it on a socket", async () => {
    const update = await fixture("telegram/message-text.json");
    const message = update.message as Record<string, unknown>;
    const page = await watch("telegram:1111111");
    for (const [i, text] of ["/start", "Tea and toast", "8:00"].entries()) {
      const answer = await postTelegram(node.url, { update_id: 10_000 + i, message: { ...message, text } });
      expect(answer.status).toBe(200);
    }
    await provider.received(3);
    const sent = provider.requests.filter((request) => request.path === "/bot42:concierge-demo/sendMessage");
    const lines = await page.lines(6);
    const said = lines.filter(({ from }) => from === "concierge").map(({ text }) => text);
    expect(sent.map(({ text }) => text)).toEqual(said);
    expect(said).toHaveLength(3);
    expect(lines.filter(({ from }) => from === "guest").map(({ text }) => text)).toEqual([
      "/start",
      "Tea and toast",
      "8:00",
    ]);
    expect(lines.map(({ seq }) => seq)).toEqual([...lines.map(({ seq }) => seq)].sort((a, b) => a - b));
    page.close();
  });

  test("answers each conversation of a batched Messenger webhook at the Send API, and ignores receipts and echoes", async () => {
    const before = provider.requests.length;
    const body = JSON.stringify(await fixture("messenger/batch.json"));
    const page = await watch("messenger:4101582936619");
    expect((await sendMessenger(node.url, body, SECRET)).status).toBe(200);
    const sent = (await provider.received(before + 3)).slice(before);
    expect(sent.every(({ path }) => path.includes("/me/messages"))).toBe(true);
    expect(sent.map(({ conversation }) => conversation).sort()).toEqual([
      "4101582936619",
      "4101582936619",
      "4101582936621",
    ]);
    const lines = await page.lines(4);
    expect(lines.filter(({ from }) => from === "guest").map(({ text }) => text)).toEqual(["one", "two"]);
    page.close();
  });

  test("takes a webhook that is sent twice once", async () => {
    const update = await fixture("telegram/message-text.json");
    const message = { ...(update.message as object), chat: { id: 77, type: "private" } };
    const page = await watch("telegram:77");
    for (let i = 0; i < 3; i++) expect((await postTelegram(node.url, { update_id: 20_000, message })).status).toBe(200);
    await postTelegram(node.url, { update_id: 20_001, message: { ...message, text: "second" } });
    const lines = await page.lines(4);
    expect(lines.filter(({ from }) => from === "guest").map(({ text }) => text)).toEqual(["/start", "second"]);
    page.close();
  });

  test("answers Messenger's verification with the challenge", async () => {
    const query = `hub.mode=subscribe&hub.verify_token=${SECRET}&hub.challenge=1158201444`;
    const answer = await fetch(`${node.url}/webhooks/messenger?${query}`);
    expect([answer.status, await answer.text()]).toEqual([200, "1158201444"]);
  });

  test("says that it is alive and ready", async () => {
    expect((await fetch(`${node.url}/livez`)).status).toBe(200);
    const ready = await fetch(`${node.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: "ok", reasons: [] }]);
  });
});
