/** `/metrics` of a node under load, read by a Prometheus text parser. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import parsePrometheusTextFormat, { type ParsedFamily } from "parse-prometheus-text-format";
import { Socket } from "phoenix";
import { METRICS } from "../../src/telemetry/index.ts";
import { ObservedNode } from "./observed-node.ts";

const MESSAGES = 300;

describe("/metrics", () => {
  let node: ObservedNode;
  beforeAll(async () => {
    node = await ObservedNode.start();
  });
  afterAll(() => node?.[Symbol.asyncDispose]());

  async function scrapeText(): Promise<string> {
    const answer = await fetch(`${node.url}/metrics`, { headers: { authorization: "Bearer a-token-for-the-tests" } });
    expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    return answer.text();
  }

  /** The parser loses the labels of histograms; those are read as text below. */
  async function scrape(): Promise<ReadonlyMap<string, ParsedFamily>> {
    const families = parsePrometheusTextFormat(await scrapeText());
    return new Map(families.map((family) => [family.name, family]));
  }

  function value(
    families: ReadonlyMap<string, ParsedFamily>,
    name: string,
    labels: Record<string, string> = {},
  ): number {
    const metrics = families.get(name)?.metrics ?? [];
    const found = metrics.find((metric) =>
      Object.entries(labels).every(([key, text]) => metric.labels?.[key] === text),
    );
    return Number(found?.value ?? Number.NaN);
  }

  test("counts what a node under load accepted, processed, retried and gave up, by actor", async () => {
    const keys = Array.from({ length: MESSAGES }, (_, i) => `guest-${i % 50}`);
    await Promise.all(keys.map((key) => node.say(key, "hello")));
    await node.say("guest-x", "poison");
    const families = await node.until(
      scrape,
      (read) =>
        value(read, "godwit_messages_processed_total", { target: "desk" }) >= MESSAGES &&
        value(read, "godwit_messages_dead_total", { target: "desk" }) === 1,
    );
    expect(value(families, "godwit_messages_processed_total", { target: "desk", stream: "in" })).toBe(MESSAGES);
    expect(value(families, "godwit_messages_accepted_total")).toBe(MESSAGES + 1);
    expect(value(families, "godwit_messages_retried_total", { target: "desk" })).toBe(1);
    expect(families.get("godwit_handler_seconds")?.type).toBe("HISTOGRAM");
    const text = await scrapeText();
    expect(text).toContain(`godwit_handler_seconds_count{target="desk"} ${MESSAGES}\n`);
    expect(text).toContain(`godwit_handler_seconds_bucket{target="desk",le="+Inf"} ${MESSAGES}\n`);
    expect(text).toMatch(/^godwit_commit_seconds_count [1-9]\d*$/m);
  });

  test("tells memory and event-loop delay of every process, lag of every shard, and the store's latency", async () => {
    const families = await scrape();
    for (const process of ["node", "w0"]) {
      expect(value(families, "godwit_process_resident_bytes", { process })).toBeGreaterThan(10_000_000);
      expect(value(families, "godwit_event_loop_delay_seconds", { process })).toBeGreaterThanOrEqual(0);
    }
    expect(families.get("godwit_shard_lag_messages")?.metrics.length).toBeGreaterThanOrEqual(64);
    const operations = (await scrapeText()).matchAll(/^godwit_store_seconds_count\{operation="(\w+)"\} [1-9]/gm);
    expect(Array.from(operations, ([, operation]) => operation).sort()).toEqual(["append", "commit", "look"]);
  });

  test("counts sockets, joins and frames", async () => {
    const socket = new Socket(`${node.url.replace("http", "ws")}/socket`, { transport: WebSocket });
    socket.connect();
    const joined = Promise.withResolvers<unknown>();
    socket.channel("room:1").join().receive("ok", joined.resolve);
    await joined.promise;
    const families = await scrape();
    expect(value(families, "godwit_socket_connections")).toBe(1);
    expect(value(families, "godwit_channel_joins_total")).toBe(1);
    expect(value(families, "godwit_socket_messages_received_total")).toBe(1);
    expect(value(families, "godwit_socket_messages_sent_total")).toBeGreaterThanOrEqual(1);
    socket.disconnect();
  });

  test("names no metric that is not in the table, and asks for the token", async () => {
    const known = new Set(Object.values(METRICS).map(({ name }) => name));
    expect([...(await scrape()).keys()].filter((name) => !known.has(name))).toEqual([]);
    expect((await fetch(`${node.url}/metrics`)).status).toBe(401);
  });
});

test("/metrics counts the sockets of every gateway process of the node", async () => {
  await using node = await ObservedNode.start({ arguments: ["--gateways", "2"] });
  const sockets = Array.from({ length: 8 }, () => {
    const socket = new Socket(`${node.url.replace("http", "ws")}/socket`, { transport: WebSocket });
    socket.connect();
    return socket;
  });
  const headers = { authorization: "Bearer a-token-for-the-tests" };
  const scrape = () => fetch(`${node.url}/metrics`, { headers }).then((answer) => answer.text());
  const text = await node.until(scrape, (read) => read.includes("\ngodwit_socket_connections 8\n"));
  expect(text).toMatch(/^godwit_process_resident_bytes\{process="g1"\} \d+$/m);
  for (const socket of sockets) socket.disconnect();
});
