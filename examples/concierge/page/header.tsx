import type { VNode } from "preact";
import type { Link } from "./chat-model.ts";
import { CopyButton } from "./copy-button.tsx";
import { Godwit, TabIcon } from "./icons.tsx";

const LINK_WORDS: Readonly<Record<Link, string>> = {
  connecting: "Connecting",
  live: "Live",
  waiting: "Reconnecting",
};

export function Header({ conversation, link }: { readonly conversation: string; readonly link: Link }): VNode {
  return (
    <header class="header">
      <div class="brand">
        <Godwit size={38} />
        <div>
          <h1>Concierge</h1>
          <p class="link" data-link={link} role="status">
            <span class="link-dot" />
            {LINK_WORDS[link]}
          </p>
        </div>
      </div>
      <div class="tools">
        <CopyButton label="Copy link" text={() => location.href} />
        <a class="tool" href={`/?c=${encodeURIComponent(conversation)}`} target="_blank" rel="noreferrer">
          <TabIcon />
          <span>Second tab</span>
        </a>
      </div>
    </header>
  );
}
