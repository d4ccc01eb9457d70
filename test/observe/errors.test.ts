/** The inbox of errors of a running node: a storm becomes one row, one that comes back is a regression, and Sentry hears of it. */
import { expect, test } from "bun:test";
import { ObservedNode } from "./observed-node.ts";

test("a storm of one failure is one row, with the message that caused it; resolved, it comes back as a regression", async () => {
  await using node = await ObservedNode.start();
  await Promise.all(Array.from({ length: 40 }, (_, i) => node.say(`guest-${i}`, "poison")));
  const list = () => node.ask("errors.list");
  const { rows } = await node.until(list, (listed) => listed.rows[0]?.count === 80);
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({
    title: expect.stringMatching(/^TypeError: cannot digest poison at desk-app\.ts:\d+$/),
  });
  const fingerprint = rows[0]?.fingerprint as string;
  const details = await node.ask("errors.show", { fingerprint });
  expect(details).toMatchObject({ where: "actor desk", state: "open", body: { text: '{"say":"poison"}' } });
  expect(details.stack).toContain("desk-app.ts");

  const resolved = await node.cli(`errors ${fingerprint} --resolve`);
  expect(resolved.stdout).toBe(`${fingerprint} is resolved.\n`);
  expect((await node.cli("errors")).stdout).toBe("No open errors.\n");
  await node.say("guest-x", "poison again");
  await node.until(list, (listed) => listed.rows.length === 1);
  expect(await node.process.logged("error.came-back")).toMatchObject({ fingerprint });
  expect((await node.cli("errors")).stdout).toMatch(
    new RegExp(`^${fingerprint} +\\d+ +.* ago +came back: TypeError`, "m"),
  );
  expect((await node.cli(`errors ${fingerprint}`)).stdout).toMatch(/came back 1 time after it was resolved/);
});

test("a group of failures is sent to Sentry as an envelope, once a second and not once a failure", async () => {
  const envelopes: { readonly url: string; readonly auth: string | null; readonly lines: readonly string[] }[] = [];
  await using sentry = Bun.serve({
    port: 0,
    fetch: async (request) => {
      const lines = (await request.text()).trimEnd().split("\n");
      envelopes.push({ url: request.url, auth: request.headers.get("x-sentry-auth"), lines });
      return Response.json({});
    },
  });
  await using node = await ObservedNode.start({ env: { SENTRY_DSN: `http://publickey@127.0.0.1:${sentry.port}/42` } });
  await Promise.all(Array.from({ length: 20 }, (_, i) => node.say(`guest-${i}`, "poison")));
  const { rows } = await node.until(
    () => node.ask("errors.list"),
    (listed) => listed.rows[0]?.count === 40,
  );
  await node.until(
    async () => envelopes.length,
    (length) => length > 0,
  );
  expect(envelopes.length).toBeLessThanOrEqual(3);
  const { url, auth, lines } = envelopes[0] as (typeof envelopes)[number];
  expect(new URL(url).pathname).toBe("/api/42/envelope/");
  expect(auth).toContain("sentry_key=publickey");
  const [head, item, event] = lines.map((line) => JSON.parse(line));
  expect(head.event_id).toMatch(/^[0-9a-f]{32}$/);
  expect(item).toEqual({
    type: "event",
    length: new TextEncoder().encode(lines[2]).length,
    content_type: "application/json",
  });
  expect(event).toMatchObject({ event_id: head.event_id, platform: "javascript", fingerprint: [rows[0]?.fingerprint] });
  const [exception] = event.exception.values;
  expect(exception).toMatchObject({ type: "TypeError", value: "cannot digest poison" });
  expect(exception.stacktrace.frames.some((frame: { in_app: boolean }) => frame.in_app)).toBe(true);
});
