/** The short form of `npm run soak`: sockets that chat while workers come and go under them. */
import { expect, test } from "bun:test";
import { NodeProcess } from "../node/node-process.ts";
import { EditableApp } from "./fixture-app.ts";
import { chatUnderSwaps } from "./under-swaps.ts";

test("deploys and recycles close no socket, lose nothing, reorder nothing, and ask nobody to try again", async () => {
  await using app = await EditableApp.of("chat-app.ts");
  await using node = await NodeProcess.start({ app: app.path, arguments: ["--workers", "2"] });
  const swaps = { deploys: 3, recycles: 3, kills: 0 };
  const outcome = await chatUnderSwaps(node, app, { sockets: 60, swaps, pauseMs: 5 });
  expect(outcome).toMatchObject({ sockets: 60, closed: [], disturbed: [], retries: 0 });
  expect(outcome.lines).toBeGreaterThan(60);
  expect([node.count("worker.replaced"), node.count("deploy.finished")]).toEqual([3, 3]);
});

test("kills close no socket either, and what was taken is heard once and in order", async () => {
  await using app = await EditableApp.of("chat-app.ts");
  await using node = await NodeProcess.start({ app: app.path, arguments: ["--workers", "2"] });
  const swaps = { deploys: 1, recycles: 1, kills: 3 };
  const outcome = await chatUnderSwaps(node, app, { sockets: 60, swaps, pauseMs: 5 });
  expect(outcome).toMatchObject({ sockets: 60, closed: [], disturbed: [] });
});
