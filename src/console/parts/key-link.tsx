import type { VNode } from "preact";
import { hrefOf } from "../router.ts";

/** An actor's key (or a connector's conversation), and the way to it. */
export function KeyLink({ target, name }: { readonly target: string; readonly name: string }): VNode {
  return (
    <p class="key-link">
      <span class="soft">{target}</span> <a href={hrefOf("keys", { target, key: name })}>{name}</a>
    </p>
  );
}
