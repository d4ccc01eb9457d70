import type { VNode } from "preact";
import type { PageName } from "../router.ts";

/** The mark: a godwit in flight, bill turned up, legs trailing. */
export function Godwit({ size }: { readonly size: number }): VNode {
  return (
    <svg class="godwit" width={size} height={size} viewBox="0 0 64 46" fill="currentColor" aria-hidden="true">
      <path d="M1 43.8 10 40c5.5-3.2 11.5-5.6 17.5-6.9 5.2-1.1 8.8-2.4 11.3-5 2.1-2.3 5.6-2.9 8-1.2 5.4-.2 10.9-1.7 16.2-4.6-4.3 4.3-9.4 6.9-15 8-1.3 4.2-4.8 7.4-10.2 9.2C29.5 42.2 19.5 43 11.5 41.8Z" />
      <path d="M25.5 32.8C21.5 22.5 13 13 1 8c15-.5 27.5 6.5 34.5 20.5-2.3 2.5-5.8 3.4-10 4.3Z" />
      <path d="M36.9 26.9C35.5 17 38 7.5 45.5 0c1.3 9.5.6 17.8-2.9 24.3-2 .3-4.1 1.1-5.7 2.6Z" opacity=".6" />
    </svg>
  );
}

export type IconName =
  | PageName
  | "search"
  | "redrive"
  | "discard"
  | "back"
  | "pause"
  | "resume"
  | "copy"
  | "logout"
  | "check"
  | "mute"
  | "system"
  | "light"
  | "dark"
  | "help";

/** Strokes of each icon, on a grid of 24. */
const SHAPES: Readonly<Record<IconName, string>> = {
  overview: "M3 17c3 0 3-9 6-9s3 6 6 6 3-10 6-10M3 21h18",
  tree: "M12 4v5M6 20v-5.5a1.5 1.5 0 0 1 1.5-1.5h9a1.5 1.5 0 0 1 1.5 1.5V20M12 9v4M9.5 4h5M4 20h4M16 20h4M10 20h4M12 13v7",
  shards: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z",
  dead: "M4 6h16v12H4zM4 7l8 6 8-6M15 21l6-6M15 15l6 6",
  errors: "M12 3.5 21.5 20h-19zM12 10v4.5M12 17.2v.1",
  topics:
    "M7.5 16.5a6.4 6.4 0 0 1 0-9M16.5 7.5a6.4 6.4 0 0 1 0 9M4.7 19.3a10.3 10.3 0 0 1 0-14.6M19.3 4.7a10.3 10.3 0 0 1 0 14.6M12 12h.01",
  changes: "M3 12h4M17 12h4M12 7l5 5-5 5-5-5zM12 3v4M12 17v4",
  keys: "M8 15a4 4 0 1 1 2.8-6.8A4 4 0 0 1 8 15zM11.5 12H21v3M17 12v2.5",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.5 4.5",
  redrive: "M4 12a8 8 0 0 1 13.7-5.6L20 8.5M20 4v4.5h-4.5M20 12a8 8 0 0 1-13.7 5.6L4 15.5M4 20v-4.5h4.5",
  discard: "M5 7h14M10 4h4M7 7l1 13h8l1-13",
  back: "M14 6l-6 6 6 6",
  pause: "M9 5v14M15 5v14",
  resume: "M8 5l11 7-11 7z",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  logout: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
  check: "M5 12.5l4.5 4.5L19 7",
  mute: "M5 5l14 14M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z",
  system: "M12 4a8 8 0 1 0 0 16V4zM12 4a8 8 0 0 1 0 16",
  light:
    "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
  dark: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
  help: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM9.7 9.7a2.4 2.4 0 1 1 3.3 2.2c-.7.3-1 .8-1 1.6M12 16v.1",
};

export function Icon({ name }: { readonly name: IconName }): VNode {
  return (
    <svg
      class="icon"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.7"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={SHAPES[name]} />
    </svg>
  );
}
