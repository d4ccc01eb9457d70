import { expect, test } from "bun:test";
import { Outbox, type OutgoingMessage } from "./outbox.ts";

interface Sent {
  readonly outbox: Outbox;
  readonly batches: (readonly OutgoingMessage[])[];
  readonly told: string[];
}

function outbox(send: () => Promise<void>, bounds: { maxWaiting?: number; maxBatch?: number } = {}): Sent {
  const batches: (readonly OutgoingMessage[])[] = [];
  const told: string[] = [];
  const box = new Outbox({
    send: (batch) => {
      batches.push(batch);
      return send();
    },
    lost: (messages, cause) => told.push(`lost ${messages}: ${cause ? (cause as Error).message : "full"}`),
    recovered: () => told.push("recovered"),
    ...bounds,
  });
  return { outbox: box, batches, told };
}

const message = (text: string): OutgoingMessage => ({ topic: "t", message: text });

test("what is published within a tick, or while a batch is under way, goes as one batch", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { outbox: box, batches } = outbox(() => promise);
  box.push(message("1"));
  box.push(message("2"));
  await Promise.resolve();
  box.push(message("3"));
  box.push(message("4"));
  resolve();
  await box.idle();
  expect(batches.map((batch) => batch.map((sent) => sent.message))).toEqual([
    ["1", "2"],
    ["3", "4"],
  ]);
});

test("batches are bounded in number and in length", async () => {
  const many = outbox(async () => {}, { maxBatch: 2 });
  for (const text of ["1", "2", "3"]) many.outbox.push(message(text));
  await many.outbox.idle();
  expect(many.batches.map((batch) => batch.length)).toEqual([2, 1]);
  const long = outbox(async () => {});
  for (let i = 0; i < 3; i++) long.outbox.push(message("x".repeat(700_000)));
  await long.outbox.idle();
  expect(long.batches.map((batch) => batch.length)).toEqual([2, 1]);
});

test("past its bound messages are lost, with a word, and the bound is free again once the others went", async () => {
  const { outbox: box, batches, told } = outbox(async () => {}, { maxWaiting: 200 });
  for (const text of ["1", "2", "3", "4"]) box.push(message(text));
  await box.idle();
  box.push(message("5"));
  await box.idle();
  expect(batches.flat().map((sent) => sent.message)).toEqual(["1", "2", "3", "5"]);
  expect(told).toEqual(["lost 1: full", "recovered"]);
});

test("a batch that fails is not sent again, and the next that arrives says that there was a loss", async () => {
  let away = true;
  const {
    outbox: box,
    batches,
    told,
  } = outbox(async () => {
    if (away) throw new Error("away");
  });
  box.push(message("1"));
  await box.idle();
  expect(told).toEqual(["lost 1: away"]);
  away = false;
  box.push(message("2"));
  await box.idle();
  expect(batches.flat().map((sent) => sent.message)).toEqual(["1", "2"]);
  expect(told).toEqual(["lost 1: away", "recovered"]);
});
