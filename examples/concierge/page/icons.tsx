import type { ComponentChildren, VNode } from "preact";

/** The mark: a godwit in flight, bill turned up, legs trailing. */
export function Godwit({ size }: { readonly size: number }): VNode {
  return (
    <svg class="godwit" width={size} height={size} viewBox="0 0 64 46" fill="currentColor" aria-hidden="true">
      <path d="M1 43.800 10 40c5.500-3.200 11.500-5.600 17.500-6.900 5.200-1.100 8.800-2.400 11.300-5 2.100-2.300 5.600-2.900 8-1.200 5.400-.2 10.900-1.700 16.200-4.600-4.300 4.300-9.400 6.900-15 8-1.300 4.200-4.800 7.400-10.200 9.200C29.500 42.200 19.500 43 11.500 41.800Z" />
      <path d="M25.500 32.800C21.500 22.500 13 13 1 8c15-.5 27.500 6.500 34.500 20.500-2.300 2.500-5.800 3.400-10 4.300Z" />
      <path
        d="M36.900 26.900C35.500 17 38 7.500 45.500 0c1.300 9.500.6 17.800-2.900 24.300-2 .3-4.100 1.100-5.700 2.600Z"
        opacity=".6"
      />
    </svg>
  );
}

function Icon({ children }: { readonly children: ComponentChildren }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.700"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export const SendIcon = (): VNode => (
  <Icon>
    <path d="M5 12h13M12.500 6l6 6-6 6" />
  </Icon>
);
export const TabIcon = (): VNode => (
  <Icon>
    <path d="M14 4h6v6M20 4l-9 9M18 14v4.500a1.500 1.500 0 0 1-1.500 1.500h-11A1.500 1.500 0 0 1 4 18.500v-11A1.500 1.500 0 0 1 5.500 6H10" />
  </Icon>
);
export const LinkIcon = (): VNode => (
  <Icon>
    <path d="M10 14a4 4 0 0 0 5.700 0l3.100-3.100a4 4 0 0 0-5.700-5.700L12 6.300M14 10a4 4 0 0 0-5.700 0l-3.100 3.100a4 4 0 0 0 5.700 5.700L12 17.700" />
  </Icon>
);
export const BoltIcon = (): VNode => (
  <Icon>
    <path d="M13 3 5 13.500h6L10.500 21 19 10h-6.500L13 3Z" />
  </Icon>
);
export const GatewayIcon = (): VNode => (
  <Icon>
    <path d="M4 20V9l8-5 8 5v11M9 20v-6.500a3 3 0 0 1 6 0V20" />
  </Icon>
);
export const LogIcon = (): VNode => (
  <Icon>
    <path d="M5 6.500C5 5 8.100 4 12 4s7 1 7 2.500S15.900 9 12 9 5 8 5 6.500ZM5 6.500v11C5 19 8.100 20 12 20s7-1 7-2.500v-11M5 12c0 1.500 3.100 2.500 7 2.500s7-1 7-2.500" />
  </Icon>
);
export const WorkerIcon = (): VNode => (
  <Icon>
    <rect x="7" y="7" width="10" height="10" rx="2" />
    <path d="M10 4v3M14 4v3M10 17v3M14 17v3M4 10h3M4 14h3M17 10h3M17 14h3" />
  </Icon>
);
export const CommitIcon = (): VNode => (
  <Icon>
    <circle cx="12" cy="12" r="8" />
    <path d="m8.500 12.300 2.400 2.400 4.600-5" />
  </Icon>
);
export const OutIcon = (): VNode => (
  <Icon>
    <path d="M7.500 16.500a6.400 6.400 0 0 1 0-9M16.500 7.500a6.400 6.400 0 0 1 0 9M4.700 19.300a10.300 10.300 0 0 1 0-14.600M19.300 4.700a10.300 10.300 0 0 1 0 14.600" />
    <circle cx="12" cy="12" r="1.800" fill="currentColor" stroke="none" />
  </Icon>
);
