import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ConsoleControl, ControlResult } from "../../node/index.ts";
import { useFeed } from "../use-query.ts";

/** A decision before its reason is known. */
export type Decision = ConsoleControl extends infer Each
  ? Each extends unknown
    ? Omit<Each, "reason">
    : never
  : never;

export interface Question {
  readonly decision: Decision;
  readonly title: string;
  readonly text: ComponentChildren;
  /** On the button: what happens. */
  readonly verb: string;
  readonly isDestructive?: boolean;
  /** Said when it is done. */
  readonly done: (result: ControlResult) => string;
}

export interface DecideProps {
  readonly question: Question | undefined;
  /** `said`: what was done; undefined: nothing was decided. */
  readonly onEnd: (said: string | undefined) => void;
}

/** Asks for confirmation and a reason, then decides. */
export function DecideDialog({ question, onEnd }: DecideProps): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (question) dialog.current?.showModal();
    else dialog.current?.close();
  }, [question]);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="decide-title" onClose={() => question && onEnd(undefined)}>
      {question && <DecideForm key={question.title} question={question} onEnd={onEnd} />}
    </dialog>
  );
}

function DecideForm({ question, onEnd }: { readonly question: Question; readonly onEnd: DecideProps["onEnd"] }): VNode {
  const feed = useFeed();
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const decide = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      onEnd(question.done(await feed.control({ ...question.decision, reason: reason.trim() } as ConsoleControl)));
    } catch (thrown) {
      setProblem((thrown as Error).message);
      setBusy(false);
    }
  };
  return (
    <form onSubmit={decide}>
      <h2 id="decide-title">{question.title}</h2>
      <p class="dialog-text">{question.text}</p>
      <label for="reason">Reason</label>
      <input
        id="reason"
        value={reason}
        maxLength={200}
        autocomplete="off"
        placeholder="Kept with the decision"
        onInput={(event) => setReason(event.currentTarget.value)}
      />
      {problem && (
        <p class="dialog-problem" role="alert">
          {problem}
        </p>
      )}
      <div class="dialog-actions">
        <button type="button" class="button" onClick={() => onEnd(undefined)}>
          Cancel
        </button>
        <button type="submit" class={question.isDestructive ? "button danger" : "button primary"} disabled={isBusy}>
          {question.verb}
        </button>
      </div>
    </form>
  );
}
