/** Plays the providers' side of a webhook: Telegram's and Messenger's requests in their true shapes, signed as they sign. */

export const TELEGRAM_SECRET = "telegram-secret";
export const MESSENGER_SECRET = "app-secret";

/** Posts until the node has said 200: providers try again when a webhook fails, and so does this. `tries` bounds it. */
export async function deliver(send: () => Promise<Response>, tries = 400): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const status = await send().then(
      (response) => response.status,
      () => 0,
    );
    if (status === 200) return;
    if (attempt === tries) throw new Error(`no 200 after ${tries} tries; the last answer was ${status}`);
    await Bun.sleep(25); // A provider's pause between tries; nothing is asserted on it.
  }
}

export function sendTelegram(url: string, updateId: number, chat: number, text: string): Promise<Response> {
  const from = { id: chat, is_bot: false, first_name: "Ada" };
  const message = { message_id: updateId, date: 1_795_000_000, chat: { id: chat, type: "private" }, from, text };
  return fetch(`${url}/webhooks/telegram`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-telegram-bot-api-secret-token": TELEGRAM_SECRET },
    body: JSON.stringify({ update_id: updateId, message }),
  });
}

export function sendMessenger(url: string, body: string, secret: string = MESSENGER_SECRET): Promise<Response> {
  const signature = new Bun.CryptoHasher("sha256", secret).update(body).digest("hex");
  return fetch(`${url}/webhooks/messenger`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-hub-signature-256": `sha256=${signature}` },
    body,
  });
}
