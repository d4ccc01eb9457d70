import type { VNode } from "preact";
import type { MessageRow } from "../../inspect/index.ts";
import { milliseconds } from "../format.ts";
import { Ago } from "../parts/ago.tsx";
import { Chip } from "../parts/chip.tsx";
import { Waiting } from "../parts/empty.tsx";
import { MESSAGE_TONES } from "../parts/message-status.ts";
import { hrefOf } from "../router.ts";
import { useQuery } from "../use-query.ts";

/** What a key was told, newest first. Each leads on to its whole way. */
export function KeyMessages({ actor, name }: { readonly actor: string; readonly name: string }): VNode {
  const { data, problem } = useQuery("actors.messages", { actor, key: name });
  if (!data) return <Waiting problem={problem} />;
  if (data.rows.length === 0) return <p class="soft">None among the newest of its shard.</p>;
  return (
    <ol class="messages">
      {data.rows.map((row) => (
        <MessageLine key={row.id} row={row} />
      ))}
    </ol>
  );
}

function MessageLine({ row }: { readonly row: MessageRow }): VNode {
  const { id, status, acceptedAtMs, commit, body } = row;
  return (
    <li>
      <a class="message" href={status === "dead" ? hrefOf("dead", { id }) : hrefOf("keys", { message: id })}>
        <span class="message-top">
          <code>{id}</code>
          <Chip tone={MESSAGE_TONES[status]}>{status}</Chip>
          {status === "handled" && commit && <span class="soft">in {milliseconds(commit.atMs - acceptedAtMs)}</span>}
          <Ago atMs={acceptedAtMs} />
        </span>
        <code class="message-body clip">{body}</code>
      </a>
    </li>
  );
}
