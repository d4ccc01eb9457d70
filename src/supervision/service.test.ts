import { expect, test } from "bun:test";
import { settled, states } from "./fixtures/probe.ts";
import { type Service, taskService } from "./service.ts";
import { Supervisor } from "./supervisor.ts";

test("the example of Supervisor's docstring does what it says", async () => {
  const openStore = async (): Promise<Service> => ({ stop: () => undefined });
  let polls = 0;
  const poll = async (signal: AbortSignal): Promise<void> => {
    polls += 1;
    if (polls === 1) throw new Error("the first poll fails");
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  };
  const supervisor = new Supervisor({
    path: "shop",
    strategy: "rest-for-one",
    children: [
      { id: "store", start: () => openStore() },
      { id: "poller", restart: "transient", start: () => taskService((signal) => poll(signal)) },
    ],
  });
  await supervisor.start();
  await settled();
  expect(states(supervisor)).toEqual(["store:running", "poller:running"]);
  expect(polls).toBe(2);
  await supervisor.stop();
});

test("a task ends normally when it returns, with shutdown when it is stopped, with its error when it throws", async () => {
  expect(await taskService(async () => undefined).exited).toEqual({ kind: "normal" });
  const stopped = taskService((signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())));
  await stopped.stop();
  await stopped.stop();
  expect(await stopped.exited).toEqual({ kind: "shutdown" });
  const failing = taskService(() => Promise.reject(new Error("lost")));
  await settled();
  expect(await failing.exited).toMatchObject({ kind: "error", error: { message: "lost" } });
});
