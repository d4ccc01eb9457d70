import type { VNode } from "preact";
import { CopyButton } from "./copy-button.tsx";

/** Chat id of the guest that the example speaks for. */
const GUEST = 42;
/** The placeholder of app.ts; with a bot of your own it is the `secret_token` given to `setWebhook`. */
const DEMO_SECRET = "concierge-demo";

/** How to write from outside: a Telegram update, as Telegram itself would send it. */
export function Outside({ open }: { readonly open: boolean }): VNode {
  const command = `curl ${location.origin}/webhooks/telegram \\
  -H 'X-Telegram-Bot-Api-Secret-Token: ${DEMO_SECRET}' \\
  -d '{"update_id":'$(date +%s)',"message":{"message_id":1,"date":0,
       "chat":{"id":${GUEST},"type":"private"},
       "from":{"id":${GUEST},"is_bot":false,"first_name":"Ada"},
       "text":"Good evening"}}'`;
  return (
    <details class="outside" open={open}>
      <summary>Write from outside, as Telegram would</summary>
      <div class="command">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll container must be reachable by the keyboard. */}
        <pre tabIndex={0}>{command}</pre>
        <CopyButton text={() => command} label="Copy" />
      </div>
      <a href={`/?c=telegram:${GUEST}`} target="_blank" rel="noreferrer">
        Watch that conversation
      </a>
    </details>
  );
}
