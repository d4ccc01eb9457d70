/** What stands around every page: where one can go, how the node does, and the search. */
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { LinkState } from "./feed.ts";
import { whole } from "./format.ts";
import { healthWords } from "./health.ts";
import { HelpDialog } from "./help.tsx";
import { useShortcuts } from "./keyboard.ts";
import type { Live } from "./live.ts";
import { Dot } from "./parts/chip.tsx";
import { Godwit, Icon } from "./parts/icons.tsx";
import { ThemeSwitch } from "./parts/theme-switch.tsx";
import { go, hrefOf, PAGE_NAMES, type PageName, type Place } from "./router.ts";

export const TITLES: Readonly<Record<PageName, string>> = {
  overview: "Overview",
  tree: "Supervision",
  shards: "Shards & lanes",
  dead: "Dead letters",
  errors: "Errors",
  topics: "Topics",
  changes: "Changes",
  keys: "Keys",
};

export interface ShellProps {
  readonly live: Live;
  readonly link: LinkState;
  readonly place: Place;
  readonly children: ComponentChildren;
}

export function Shell({ live, link, place, children }: ShellProps): VNode {
  const [isHelping, setHelping] = useState(false);
  const pages = PAGE_NAMES.map((page, index) => [String(index + 1), () => go(hrefOf(page))] as const);
  useShortcuts({ ...Object.fromEntries(pages), "?": () => setHelping(true) });
  useEffect(() => {
    document.title = `${TITLES[place.page]} · ${live.app}`;
    document.getElementById("main")?.focus({ preventScroll: true });
    scrollTo(0, 0);
    // On narrow screens the menu is wider than the screen.
    document.querySelector('nav [aria-current="page"]')?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [place.page, live.app]);
  return (
    <div class="shell" data-link={link}>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <Rail live={live} place={place} onHelp={() => setHelping(true)} />
      <div class="stage">
        <TopBar live={live} link={link} place={place} />
        <main id="main" tabIndex={-1} data-page={place.page}>
          {children}
        </main>
      </div>
      <HelpDialog isOpen={isHelping} onClose={() => setHelping(false)} />
    </div>
  );
}

function Rail({
  live,
  place,
  onHelp,
}: {
  readonly live: Live;
  readonly place: Place;
  readonly onHelp: () => void;
}): VNode {
  const counts: Partial<Record<PageName, number>> = { dead: live.pulse.dead, errors: live.pulse.errors };
  return (
    <header class="rail">
      <a class="brand" href={hrefOf("overview")}>
        <Godwit size={34} />
        <span class="brand-names">
          <b class="clip">{live.app}</b>
          <span class="clip">{live.node}</span>
        </span>
      </a>
      <nav aria-label="Pages">
        {PAGE_NAMES.map((page) => (
          <a key={page} href={hrefOf(page)} aria-current={page === place.page ? "page" : undefined}>
            <Icon name={page} />
            <span>{TITLES[page]}</span>
            {!!counts[page] && <b class="count">{whole(counts[page])}</b>}
          </a>
        ))}
      </nav>
      <div class="rail-foot">
        <ThemeSwitch />
        <button type="button" class="rail-tool" title="Keyboard" aria-label="Keyboard shortcuts" onClick={onHelp}>
          <Icon name="help" />
        </button>
        <form method="post" action="/console/logout">
          <button type="submit" class="rail-tool" title="Log out" aria-label="Log out">
            <Icon name="logout" />
          </button>
        </form>
        <p class="rail-version clip">Godwit {live.version}</p>
      </div>
    </header>
  );
}

function TopBar({ live, link, place }: Omit<ShellProps, "children">): VNode {
  const isLost = link === "lost";
  const { tone, short } = isLost ? LOST : healthWords(live.pulse.health);
  return (
    <div class="top">
      <Search key={place.page} find={place.page === "keys" ? (place.params.find ?? "") : ""} />
      <a class="health" href={hrefOf("overview")} data-tone={tone}>
        <Dot tone={tone} />
        <span role="status">{short}</span>
      </a>
    </div>
  );
}

const LOST = { tone: "bad", short: "Out of reach" } as const;

function Search({ find }: { readonly find: string }): VNode {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(find);
  useShortcuts({
    "/": () => input.current?.select(),
  });
  const search = (event: Event) => {
    event.preventDefault();
    if (text.trim() !== "") go(hrefOf("keys", { find: text.trim() }));
  };
  return (
    <search>
      <form class="search" onSubmit={search}>
        <Icon name="search" />
        <input
          ref={input}
          type="search"
          aria-label="Find a key or a message"
          placeholder="Find a key or a message"
          value={text}
          spellcheck={false}
          autocomplete="off"
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
        />
        <kbd>/</kbd>
      </form>
    </search>
  );
}
