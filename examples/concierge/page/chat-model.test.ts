import { expect, test } from "bun:test";
import { type Chat, type ChatEvent, chatReducer, EMPTY_CHAT, openChoices, screenOrder } from "./chat-model.ts";

const play = (...events: ChatEvent[]): Chat => events.reduce(chatReducer, EMPTY_CHAT);
const written = (clientId: string): ChatEvent => ({ kind: "written", clientId, text: clientId, atMs: 1 });
const placed = (clientId: string, seq: number, from: "guest" | "concierge" = "guest"): ChatEvent => ({
  kind: "placed",
  line: { clientId, from, text: clientId, seq, sentAtMs: 2 },
});
const shown = (chat: Chat) => chat.lines.map((line) => `${line.clientId} ${line.state}`);

test("a line goes from pending to accepted to placed, and stands once", () => {
  expect(shown(play(written("a")))).toEqual(["a pending"]);
  const accepted: ChatEvent = { kind: "accepted", clientId: "a", messageId: "m1-1" };
  expect(shown(play(written("a"), accepted))).toEqual(["a accepted"]);
  const chat = play(written("a"), accepted, placed("a", 1), placed("a", 1));
  expect(shown(chat)).toEqual(["a placed"]);
});

test("an answer of the server that comes after the broadcast does not take a line back", () => {
  const chat = play(written("a"), placed("a", 1), { kind: "accepted", clientId: "a", messageId: "m1-1" });
  expect(shown(chat)).toEqual(["a placed"]);
  expect(chat.lines[0]?.messageId).toBe("m1-1");
});

test("placed lines stand in the order of the history, pending ones behind them", () => {
  const chat = play(written("mine"), placed("theirs", 2), placed("earlier", 1));
  expect(shown(chat)).toEqual(["earlier placed", "theirs placed", "mine pending"]);
  expect(chat.seq).toBe(2);
});

test("a remark stays behind what was placed before it, and before what was pending", () => {
  const chat = play(
    placed("a", 1),
    written("b"),
    { kind: "remark", id: "r", tone: "lost", text: "gone" },
    placed("b", 2),
  );
  expect(screenOrder(chat).map((row) => ("tone" in row ? "remark" : row.clientId))).toEqual(["a", "remark", "b"]);
});

test("choices are offered until the guest has written something", () => {
  const question: ChatEvent = {
    kind: "placed",
    line: { clientId: "q", from: "concierge", text: "Which?", seq: 1, sentAtMs: 1, choices: ["this", "that"] },
  };
  expect(openChoices(play(question))).toEqual(["this", "that"]);
  expect(openChoices(play(question, written("a")))).toEqual([]);
});
