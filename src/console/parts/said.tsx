import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "./icons.tsx";

const SHOWN_MS = 8_000;

/** What was just done, told to everybody, screen readers too, for a while. */
export function Said({ text }: { readonly text: string | undefined }): VNode {
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    setShown(text !== undefined);
    const timer = setTimeout(() => setShown(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div class="said" role="status">
      {isShown && (
        <p>
          <Icon name="check" /> {text}
        </p>
      )}
    </div>
  );
}
