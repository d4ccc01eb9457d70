/**
 * What stands in the conversation, as a pure reducer.
 *
 * A line is **pending** from the key press until the channel's `ok` (then it is durable: **accepted**), and **placed** once it has come back
 * as a broadcast, which gives it its position for every tab. **Refused** is what the server will never take. The client id, chosen here, joins the three: whatever is sent again,
 * replayed after a reconnect or seen in a second tab, a line stands on the screen once.
 */

export type LineState = "pending" | "accepted" | "placed" | "refused";

export interface Line {
  /** Chosen by the tab that wrote it; the server's message id for lines that no tab wrote. */
  readonly clientId: string;
  readonly from: "guest" | "concierge";
  readonly text: string;
  readonly state: LineState;
  /** Position in the topic's history; 0 until placed. */
  readonly seq: number;
  /** Public message id (`m12-345`), once accepted. */
  readonly messageId?: string;
  /** The connector it came through; absent for the page itself. */
  readonly via?: string;
  readonly choices?: readonly string[];
  readonly sentAtMs: number;
}

/** A remark of the page itself between the lines: nobody said it. */
export interface Remark {
  readonly id: string;
  readonly tone: "lost" | "back";
  readonly text: string;
  /** How many placed lines stood before it. */
  readonly afterSeq: number;
}

export type Link = "connecting" | "live" | "waiting";

export interface Chat {
  readonly link: Link;
  /** In the order of the screen: placed by `seq`, then the rest in the order of writing. */
  readonly lines: readonly Line[];
  readonly remarks: readonly Remark[];
  /** The newest position seen, for the next join's `since`. */
  readonly seq: number;
  /** False while the first join is under way. */
  readonly loaded: boolean;
}

export type ChatEvent =
  | { readonly kind: "link"; readonly link: Link }
  /** Joined. Not whole: what was missed is no longer held by the server. */
  | { readonly kind: "loaded"; readonly isWhole: boolean }
  | { readonly kind: "written"; readonly clientId: string; readonly text: string; readonly atMs: number }
  | { readonly kind: "accepted"; readonly clientId: string; readonly messageId?: string }
  | { readonly kind: "refused"; readonly clientId: string }
  | { readonly kind: "placed"; readonly line: Omit<Line, "state"> }
  | { readonly kind: "remark"; readonly id: string; readonly tone: Remark["tone"]; readonly text: string };

export const EMPTY_CHAT: Chat = { link: "connecting", lines: [], remarks: [], seq: 0, loaded: false };

const MOST_LINES = 500;
const MOST_REMARKS = 20;

export function chatReducer(chat: Chat, event: ChatEvent): Chat {
  switch (event.kind) {
    case "link":
      return chat.link === event.link ? chat : { ...chat, link: event.link };
    case "loaded":
      return load(chat, event.isWhole);
    case "written":
      return write(chat, event.clientId, event.text, event.atMs);
    case "accepted":
      return change(chat, event.clientId, {
        state: "accepted",
        ...(event.messageId === undefined ? {} : { messageId: event.messageId }),
      });
    case "refused":
      return change(chat, event.clientId, { state: "refused" });
    case "placed":
      return place(chat, { ...event.line, state: "placed" });
    case "remark":
      return remark(chat, { id: event.id, tone: event.tone, text: event.text, afterSeq: chat.seq });
  }
}

function load(chat: Chat, isWhole: boolean): Chat {
  const loaded: Chat = { ...chat, loaded: true, link: "live" };
  const text = "Earlier messages are no longer held.";
  return isWhole ? loaded : remark(loaded, { id: `gap-${chat.seq}`, tone: "lost", text, afterSeq: chat.seq });
}

function write(chat: Chat, clientId: string, text: string, sentAtMs: number): Chat {
  if (chat.lines.some((line) => line.clientId === clientId)) return chat;
  return { ...chat, lines: [...chat.lines, { clientId, from: "guest", text, state: "pending", seq: 0, sentAtMs }] };
}

/** What the server answered; a line that is placed stays so, for the broadcast may overtake the answer. */
function change(chat: Chat, clientId: string, answer: Partial<Line>): Chat {
  const lines = chat.lines.map((line) => {
    if (line.clientId !== clientId) return line;
    return { ...line, ...answer, state: line.state === "placed" ? line.state : (answer.state ?? line.state) };
  });
  return { ...chat, lines };
}

function place(chat: Chat, placed: Line): Chat {
  const known = chat.lines.find((line) => line.clientId === placed.clientId);
  if (known?.state === "placed") return { ...chat, seq: Math.max(chat.seq, placed.seq) };
  const others = chat.lines.filter((line) => line !== known);
  const at = others.findIndex((line) => line.state !== "placed" || line.seq > placed.seq);
  const lines = others.toSpliced(at === -1 ? others.length : at, 0, {
    ...placed,
    sentAtMs: known?.sentAtMs ?? placed.sentAtMs,
  });
  return { ...chat, lines: lines.slice(-MOST_LINES), seq: Math.max(chat.seq, placed.seq) };
}

function remark(chat: Chat, next: Remark): Chat {
  if (chat.remarks.some((other) => other.id === next.id)) return chat;
  return { ...chat, remarks: [...chat.remarks, next].slice(-MOST_REMARKS) };
}

/** Lines and remarks in the order of the screen. A remark stands behind the last line that was placed before it. */
export function screenOrder(chat: Chat): readonly (Line | Remark)[] {
  const rows: (Line | Remark)[] = [];
  let next = 0;
  for (const line of chat.lines) {
    while (next < chat.remarks.length && isBefore(chat.remarks[next] as Remark, line)) {
      rows.push(chat.remarks[next] as Remark);
      next += 1;
    }
    rows.push(line);
  }
  return [...rows, ...chat.remarks.slice(next)];
}

function isBefore(remark: Remark, line: Line): boolean {
  return line.state !== "placed" || line.seq > remark.afterSeq;
}

/** The answers offered now: those of the last line, while nothing newer is on its way. */
export function openChoices(chat: Chat): readonly string[] {
  const last = chat.lines.at(-1);
  return last?.from === "concierge" ? (last.choices ?? []) : [];
}
