/** Where in the console one is, kept in the address: `/console/dead?target=order&id=m3-12`. */
import { useEffect, useState } from "preact/hooks";

export const PAGE_NAMES = ["overview", "tree", "shards", "dead", "errors", "topics", "changes", "keys"] as const;
export type PageName = (typeof PAGE_NAMES)[number];

export interface Place {
  readonly page: PageName;
  readonly params: Readonly<Record<string, string>>;
}

const BASE = "/console";
const MOVED = "godwit-moved";

export function hrefOf(page: PageName, params: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(params).filter((entry): entry is [string, string] => !!entry[1]);
  const query = new URLSearchParams(given).toString();
  const path = page === "overview" ? BASE : `${BASE}/${page}`;
  return query === "" ? path : `${path}?${query}`;
}

/** `replace`: without a step to go back to, for filters and selections. */
export function go(href: string, replace = false): void {
  if (replace) history.replaceState(null, "", href);
  else history.pushState(null, "", href);
  dispatchEvent(new Event(MOVED));
}

export function usePlace(): Place {
  const [place, setPlace] = useState(readPlace);
  useEffect(() => {
    const update = () => setPlace(readPlace());
    addEventListener("popstate", update);
    addEventListener(MOVED, update);
    document.addEventListener("click", followLink);
    return () => {
      removeEventListener("popstate", update);
      removeEventListener(MOVED, update);
      document.removeEventListener("click", followLink);
    };
  }, []);
  return place;
}

function readPlace(): Place {
  const name = location.pathname.slice(BASE.length + 1);
  const page = PAGE_NAMES.find((known) => known === name) ?? "overview";
  return { page, params: Object.fromEntries(new URLSearchParams(location.search)) };
}

/** Links within the console do not load the page anew. */
function followLink(event: MouseEvent): void {
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  const link = (event.target as Element).closest?.("a[href]");
  const href = link?.getAttribute("href");
  if (!isPlain || event.defaultPrevented || !href?.startsWith(BASE)) return;
  event.preventDefault();
  go(href);
}
