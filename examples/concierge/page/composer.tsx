import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import { SendIcon } from "./icons.tsx";

const MOST_CHARACTERS = 500;

/** Enter sends, Shift+Enter starts a new line, Esc empties the box. */
export function Composer({ onWrite }: { readonly onWrite: (text: string) => void }): VNode {
  const [draft, setDraft] = useState("");
  const box = useRef<HTMLTextAreaElement>(null);

  function send(): void {
    const text = draft.trim();
    if (text === "") return;
    onWrite(text);
    setDraft("");
    box.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === "Escape") setDraft("");
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  }

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label class="visually-hidden" for="write">
        Message to the concierge
      </label>
      <textarea
        id="write"
        ref={box}
        rows={1}
        maxLength={MOST_CHARACTERS}
        placeholder="Write to the concierge"
        enterkeyhint="send"
        autocomplete="off"
        value={draft}
        onInput={(event) => setDraft(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <button type="submit" aria-label="Send" disabled={draft.trim() === ""}>
        <SendIcon />
      </button>
    </form>
  );
}
