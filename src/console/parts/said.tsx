import type { VNode } from "preact";
import { Icon } from "./icons.tsx";

/** What was just done, told to everybody, screen readers too. */
export function Said({ text }: { readonly text: string | undefined }): VNode {
  return (
    <div class="said" role="status">
      {text && (
        <p>
          <Icon name="check" /> {text}
        </p>
      )}
    </div>
  );
}
