import type { ComponentChildren, VNode } from "preact";

export type Tone = "plain" | "good" | "warn" | "bad" | "busy";

/** A state in one word. Colour never says it alone. */
export function Chip({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }): VNode {
  return (
    <span class="chip" data-tone={tone}>
      {children}
    </span>
  );
}

export function Dot({ tone }: { readonly tone: Tone }): VNode {
  return <i class="dot" data-tone={tone} />;
}
