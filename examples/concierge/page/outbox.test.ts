import { expect, test } from "bun:test";
import { createOutbox, type OutboxMessage, type TryOutcome } from "./outbox.ts";

const message = (clientId: string): OutboxMessage => ({ clientId, text: `text of ${clientId}` });

function rig() {
  const tries: { clientId: string; answer: (outcome: TryOutcome) => void }[] = [];
  const waits: { run: () => void; ms: number }[] = [];
  const accepted: string[] = [];
  const outbox = createOutbox({
    push: ({ clientId }, answer) => tries.push({ clientId, answer }),
    onAccepted: ({ clientId }, messageId) => accepted.push(`${clientId} as ${messageId}`),
    onRejected: ({ clientId }, reason) => accepted.push(`${clientId} rejected: ${reason}`),
    later: (run, ms) => waits.push({ run, ms }),
  });
  const answer = (outcome: TryOutcome) => tries.at(-1)?.answer(outcome);
  return { outbox, waits, accepted, answer, tried: () => tries.map(({ clientId }) => clientId), tries };
}

test("nothing is sent before the channel is joined", () => {
  const { outbox, tried } = rig();
  outbox.send(message("a"));
  expect(tried()).toEqual([]);
  outbox.open();
  expect(tried()).toEqual(["a"]);
});

test("the next message goes when the one before it is accepted", () => {
  const { outbox, tried, answer, accepted } = rig();
  outbox.open();
  outbox.send(message("a"));
  outbox.send(message("b"));
  expect(tried()).toEqual(["a"]);
  answer({ kind: "ok", messageId: "m1-1" });
  expect(tried()).toEqual(["a", "b"]);
  answer({ kind: "ok", messageId: "m1-2" });
  expect(accepted).toEqual(["a as m1-1", "b as m1-2"]);
});

test("a refused message is tried again after the time that the server names", () => {
  const { outbox, tried, answer, waits } = rig();
  outbox.open();
  outbox.send(message("a"));
  answer({ kind: "refused", retryAfterMs: 1000 });
  expect(waits.map(({ ms }) => ms)).toEqual([1000]);
  waits[0]?.run();
  expect(tried()).toEqual(["a", "a"]);
});

test("a refused message does not wait any longer once the worker is back, and is sent once", () => {
  const { outbox, tried, answer, waits } = rig();
  outbox.open();
  outbox.send(message("a"));
  outbox.retry();
  expect(tried()).toEqual(["a"]);
  answer({ kind: "refused", retryAfterMs: 1000 });
  outbox.retry();
  waits[0]?.run();
  expect(tried()).toEqual(["a", "a"]);
});

test("what was on its way when the channel was lost goes again, and its late answer counts for nothing", () => {
  const { outbox, tries, tried, answer, accepted } = rig();
  outbox.open();
  outbox.send(message("a"));
  outbox.close();
  tries[0]?.answer({ kind: "ok", messageId: "m1-1" });
  expect(accepted).toEqual([]);
  outbox.open();
  expect(tried()).toEqual(["a", "a"]);
  answer({ kind: "ok", messageId: "m1-1" });
  expect(accepted).toEqual(["a as m1-1"]);
});

test("a message that will never be taken makes way for the next", () => {
  const { outbox, tried, answer, accepted } = rig();
  outbox.open();
  outbox.send(message("a"));
  outbox.send(message("b"));
  answer({ kind: "rejected", reason: "invalid payload" });
  expect(accepted).toEqual(["a rejected: invalid payload"]);
  expect(tried()).toEqual(["a", "b"]);
});

test("silence is answered by sending again", () => {
  const { outbox, tried, answer } = rig();
  outbox.open();
  outbox.send(message("a"));
  answer({ kind: "silence" });
  expect(tried()).toEqual(["a", "a"]);
});
