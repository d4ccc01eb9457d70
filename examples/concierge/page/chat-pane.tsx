import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { type Chat, type Line, type LineState, openChoices, type Remark, screenOrder } from "./chat-model.ts";
import { Composer } from "./composer.tsx";
import { type Flow, workersState } from "./flow-model.ts";
import { Godwit } from "./icons.tsx";

interface ChatPaneProps {
  readonly chat: Chat;
  readonly flow: Flow;
  readonly onWrite: (text: string) => void;
}

const STARTERS = ["Good evening", "I would like breakfast", "What is on the menu?"];

export function ChatPane({ chat, flow, onWrite }: ChatPaneProps): VNode {
  const rows = screenOrder(chat);
  const isEmpty = chat.loaded && rows.length === 0;
  return (
    <main class="chat" aria-label="Conversation">
      <Lines chat={chat} rows={rows} isEmpty={isEmpty} flow={flow} />
      <div class="write-area">
        <Choices choices={isEmpty ? STARTERS : openChoices(chat)} onWrite={onWrite} />
        <Composer onWrite={onWrite} />
      </div>
    </main>
  );
}

interface LinesProps extends Omit<ChatPaneProps, "onWrite"> {
  readonly rows: readonly (Line | Remark)[];
  readonly isEmpty: boolean;
}

function Lines({ chat, rows, isEmpty, flow }: LinesProps) {
  const scroller = useRef<HTMLDivElement>(null);
  // The newest line is kept in sight, unless the guest has scrolled up to read.
  const follows = useRef(true);
  useEffect(() => {
    if (follows.current) toEnd(scroller.current);
  }, [rows.length, chat, flow.workers]);
  // Suggestions that come or go, and a phone's keyboard, change its height.
  useEffect(() => {
    const observer = new ResizeObserver(() => follows.current && toEnd(scroller.current));
    if (scroller.current) observer.observe(scroller.current);
    return () => observer.disconnect();
  }, []);
  function onWheel({ deltaY }: WheelEvent): void {
    if (deltaY < 0) follows.current = false;
  }
  function onScroll({ currentTarget }: Event): void {
    const { scrollHeight, scrollTop, clientHeight } = currentTarget as HTMLElement;
    if (scrollHeight - scrollTop - clientHeight < 8) follows.current = true;
  }
  return (
    <div
      class="lines"
      ref={scroller}
      onScroll={onScroll}
      onWheel={onWheel}
      onTouchMove={() => {
        follows.current = false;
      }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll container must be reachable by the keyboard.
      tabIndex={0}
      role="log"
      aria-live="polite"
      aria-label="Messages"
    >
      {isEmpty ? <Welcome /> : null}
      <ol>
        {rows.map((row) =>
          "tone" in row ? <RemarkRow key={row.id} remark={row} /> : <LineRow key={row.clientId} line={row} />,
        )}
      </ol>
      <Waiting chat={chat} flow={flow} />
    </div>
  );
}

function toEnd(element: HTMLElement | null): void {
  element?.scrollTo({ top: element.scrollHeight });
}

function Welcome() {
  return (
    <div class="welcome">
      <Flight />
      <h2>Write something. It will not be lost.</h2>
      <p>
        A godwit flies eleven days over open ocean without landing. Order breakfast, kill the worker in the middle of
        it, and write on.
      </p>
    </div>
  );
}

/** The bird, and eleven days of way behind it. */
function Flight() {
  return (
    <div class="flight">
      <svg viewBox="0 0 220 90" fill="currentColor" aria-hidden="true">
        {DAYS.map((day) => (
          <circle
            key={day}
            cx={6 + day * 19.5}
            cy={78 - 62 * Math.sin((day / 10) * 1.45) ** 1.6}
            r={1.3 + day * 0.13}
            opacity={0.16 + day * 0.06}
          />
        ))}
      </svg>
      <Godwit size={132} />
    </div>
  );
}

const DAYS = Array.from({ length: 11 }, (_, day) => day);

function LineRow({ line }: { readonly line: Line }) {
  return (
    <li class="line" data-from={line.from} data-state={line.state}>
      {line.from === "concierge" ? (
        <span class="face">
          <Godwit size={20} />
        </span>
      ) : null}
      <div class="bubble">
        <span class="visually-hidden">{line.from === "guest" ? "Guest: " : "Concierge: "}</span>
        {line.text}
      </div>
      {line.from === "guest" ? <LineFate line={line} /> : null}
    </li>
  );
}

const FATE_MARKS: Readonly<Record<LineState, string>> = {
  pending: "M8 1.900a4.200 4.200 0 1 1-4.100 3.300",
  accepted: "m3 6.500 3 3 6-7",
  placed: "m3 6.500 3 3 6-7M9.500 9.500l6-7",
  refused: "m4 2.500 7 7M11 2.500l-7 7",
};

/** What has become of a guest's line, under its bubble. */
function LineFate({ line }: { readonly line: Line }) {
  const handled = line.via ? `By ${line.via}` : "Handled";
  const words = { pending: "Sending", accepted: "On disk", placed: handled, refused: "Not taken" }[line.state];
  return (
    <p class="fate">
      <svg
        class="fate-mark"
        viewBox="0 0 18 12"
        fill="none"
        stroke="currentColor"
        stroke-width="1.600"
        stroke-linecap="round"
        aria-hidden="true"
      >
        <path d={FATE_MARKS[line.state]} />
      </svg>
      {words}
      {line.messageId ? <code>{line.messageId}</code> : null}
    </p>
  );
}

function RemarkRow({ remark }: { readonly remark: Remark }) {
  return (
    <li class="remark" data-tone={remark.tone}>
      <span>{remark.text}</span>
    </li>
  );
}

function Waiting({ chat, flow }: { readonly chat: Chat; readonly flow: Flow }) {
  const last = chat.lines.at(-1);
  if (last?.from !== "guest" || last.state === "placed" || last.state === "refused") return null;
  const trouble = troubleOf(chat, flow, last);
  return (
    <p class="typing">
      <span class="face">
        <Godwit size={20} />
      </span>
      {trouble === undefined ? <Dots /> : <span class="typing-words">{trouble}</span>}
    </p>
  );
}

/** Why an answer will take a while; undefined when nothing is known to be in its way. */
function troubleOf(chat: Chat, flow: Flow, last: Line): string | undefined {
  if (chat.link === "waiting") return "Held by this page until the node is back";
  if (workersState(flow) !== "down") return undefined;
  return last.state === "pending" ? "Held until a worker is back" : "In the log, waiting for the next worker";
}

function Dots() {
  return (
    <span class="dots">
      <i />
      <i />
      <i />
      <span class="visually-hidden">The concierge is answering</span>
    </span>
  );
}

function Choices({
  choices,
  onWrite,
}: {
  readonly choices: readonly string[];
  readonly onWrite: (text: string) => void;
}) {
  if (choices.length === 0) return null;
  return (
    <fieldset class="choices">
      <legend class="visually-hidden">Suggested answers</legend>
      {choices.map((choice) => (
        <button key={choice} type="button" onClick={() => onWrite(choice)}>
          {choice}
        </button>
      ))}
    </fieldset>
  );
}
