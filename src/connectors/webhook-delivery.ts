import type { WebhookDefinition } from "./connector.ts";
import {
  judgeByStatus,
  type OutboundProvider,
  type Outgoing,
  type ProviderRequest,
  type ProviderResponse,
} from "./provider.ts";
import type { CreateHmac } from "./signature.ts";
import { decodeSecret, signatureHeaders } from "./standard-webhooks.ts";

/**
 * Replies as signed webhooks: `POST deliverUrl` with `{ type: "reply", timestamp, data: { to, reply } }`. `webhook-id`
 * and the body stay the same on every try, `webhook-timestamp` and so the signature are each try's own, as the
 * specification asks.
 */
export function webhookProvider(definition: WebhookDefinition, createHmac: CreateHmac): OutboundProvider | undefined {
  const { deliverUrl } = definition;
  const key = decodeSecret(definition.manifest.secrets[0] ?? "");
  if (deliverUrl === null || !key) return undefined;
  const hmac = createHmac(key);
  return {
    baseUrl: deliverUrl,
    async request({ idempotencyKey, acceptedAtMs, nowMs, to, reply }: Outgoing): Promise<ProviderRequest> {
      const timestamp = new Date(acceptedAtMs).toISOString();
      const body = JSON.stringify({ type: "reply", timestamp, data: { to, reply } });
      const signed = await signatureHeaders(idempotencyKey, nowMs, body, hmac);
      return { url: deliverUrl, headers: { "content-type": "application/json", ...signed }, body };
    },
    judge: (response: ProviderResponse) =>
      judgeByStatus(response, `${new URL(deliverUrl).host} answered ${response.status}: ${excerpt(response.text)}`),
  };
}

const MAX_EXCERPT = 200;

function excerpt(text: string): string {
  if (text === "") return "no text";
  return text.length > MAX_EXCERPT ? `${text.slice(0, MAX_EXCERPT)}…` : text;
}
