import type { VNode } from "preact";
import type { ActorDetails } from "../../inspect/index.ts";
import { Ago } from "../parts/ago.tsx";
import { Chip, type Tone } from "../parts/chip.tsx";
import { ErrorText } from "../parts/error-view.tsx";
import { hrefOf } from "../router.ts";

/** What waits for a key, and what died of it. Each leads on to its whole way. */
export function KeyMessages({ view }: { readonly view: ActorDetails }): VNode {
  const { waiting, moreWaiting, deadLetters, lane } = view;
  if (waiting.length === 0 && deadLetters.length === 0) return <p class="soft">None waits, and none is dead.</p>;
  return (
    <ol class="messages">
      {deadLetters.map(({ id, diedAtMs, error }) => (
        <MessageLine key={id} id={id} status="dead" tone="bad" atMs={diedAtMs} href={hrefOf("dead", { id })}>
          <ErrorText error={error} />
        </MessageLine>
      ))}
      {waiting.map(({ id, acceptedAtMs, body }, index) => {
        const isRetrying = index === 0 && lane?.status === "retrying";
        return (
          <MessageLine
            key={id}
            id={id}
            status={isRetrying ? "retrying" : "waiting"}
            tone={isRetrying ? "warn" : "busy"}
            atMs={acceptedAtMs}
            href={hrefOf("keys", { message: id })}
          >
            <code>{body}</code>
          </MessageLine>
        );
      })}
      {moreWaiting && <li class="table-foot soft">More wait, or may wait, than were looked at.</li>}
    </ol>
  );
}

interface MessageLineProps {
  readonly id: string;
  readonly status: string;
  readonly tone: Tone;
  readonly atMs: number;
  readonly href: string;
  readonly children: VNode;
}

function MessageLine({ id, status, tone, atMs, href, children }: MessageLineProps): VNode {
  return (
    <li>
      <a class="message" href={href}>
        <span class="message-top">
          <code>{id}</code>
          <Chip tone={tone}>{status}</Chip>
          <Ago atMs={atMs} />
        </span>
        <span class="message-body clip">{children}</span>
      </a>
    </li>
  );
}
