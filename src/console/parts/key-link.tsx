import type { VNode } from "preact";
import { hrefOf } from "../router.ts";

export interface KeyLinkProps {
  /** Of a message to an actor (`m…`), or of a delivery (`d…`). */
  readonly id: string;
  readonly target: string;
  readonly name: string;
}

/** A message's key and the way to it. A delivery's key is a conversation: the actors that know it are looked for. */
export function KeyLink({ id, target, name }: KeyLinkProps): VNode {
  const href = id.startsWith("m") ? hrefOf("keys", { target, key: name }) : hrefOf("keys", { find: name });
  return (
    <p class="key-link">
      <span class="soft">{target}</span> <a href={href}>{name}</a>
    </p>
  );
}
