import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { QueryName, QueryResults } from "../../inspect/index.ts";
import type { Feed, QueryParams } from "../feed.ts";
import { useFeed } from "../use-query.ts";

export interface Question {
  /** Carries the decision out. Resolves with what to say then. */
  readonly decide: (feed: Feed, reason: string) => Promise<string>;
  readonly title: string;
  readonly text: ComponentChildren;
  /** On the button: what happens. */
  readonly verb: string;
  readonly isDestructive?: boolean;
  /** Is the reason kept? Then it is asked for. */
  readonly keepsReason: boolean;
}

/** A decision that is one query. */
export function decideBy<Name extends QueryName>(
  name: Name,
  params: QueryParams,
  say: (result: QueryResults[Name]) => string,
): Question["decide"] {
  return async (feed, reason) => say(await feed.ask(name, { ...params, reason: reason || undefined }));
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
      onEnd(await question.decide(feed, reason.trim()));
    } catch (thrown) {
      setProblem((thrown as Error).message);
      setBusy(false);
    }
  };
  return (
    <form onSubmit={decide}>
      <h2 id="decide-title">{question.title}</h2>
      <p class="dialog-text">{question.text}</p>
      {question.keepsReason && <ReasonField value={reason} onChange={setReason} />}
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

interface ReasonFieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function ReasonField({ value, onChange }: ReasonFieldProps): VNode {
  return (
    <>
      <label for="reason">Reason</label>
      <input
        id="reason"
        value={value}
        maxLength={200}
        autocomplete="off"
        placeholder="Kept with the decision"
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </>
  );
}
