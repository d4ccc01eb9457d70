/** Sends numbered messages for many keys: each key's in order, each until it is accepted, keys side by side. */

export interface SendPlan {
  readonly keys: number;
  readonly perKey: number;
  /** Keys that send at once. */
  readonly concurrency: number;
}

export interface SendCounts {
  accepted: number;
  /** Answers other than 200, and connections that failed: each was tried again. */
  refused: number;
}

const RETRY_PAUSE_MS = 20;
/** A node that is paused keeps its connections open and silent. */
const ANSWER_TIMEOUT_MS = 20_000;

/**
 * Resolves when every message has been accepted. `url` is asked each time: the node moves when it is killed. `share` of the messages may have
 * been sent by now: so that the work lasts as long as what disturbs it.
 */
export async function sendAll(
  plan: SendPlan,
  url: () => string,
  counts: SendCounts,
  share: () => number = () => 1,
): Promise<void> {
  const keys = Array.from({ length: plan.keys }, (_, i) => i + 1);
  const mayGoOn = () => counts.accepted < share() * plan.keys * plan.perKey;
  const lanes = Array.from({ length: plan.concurrency }, async () => {
    for (let key = keys.shift(); key !== undefined; key = keys.shift()) {
      await sendKey(key, plan.perKey, url, counts, mayGoOn);
    }
  });
  await Promise.all(lanes);
}

async function sendKey(
  key: number,
  perKey: number,
  url: () => string,
  counts: SendCounts,
  mayGoOn: () => boolean,
): Promise<void> {
  for (let number = 1; number <= perKey; number++) {
    while (!mayGoOn()) await Bun.sleep(RETRY_PAUSE_MS);
    while (!(await send(url(), key, number))) {
      counts.refused++;
      await Bun.sleep(RETRY_PAUSE_MS);
    }
    counts.accepted++;
  }
}

async function send(url: string, key: number, number: number): Promise<boolean> {
  const from = { id: key, is_bot: false, first_name: "Chaos" };
  const message = { message_id: number, date: 0, chat: { id: key, type: "private" }, from, text: String(number) };
  const updateId = key * 1_000_000 + number;
  try {
    const answer = await fetch(`${url}/webhooks/telegram`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-telegram-bot-api-secret-token": "chaos" },
      body: JSON.stringify({ update_id: updateId, message }),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false;
  }
}
