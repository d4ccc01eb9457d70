/**
 * Posts signed webhooks over keep-alive connections, one at a time on each. The requests are signed before the measurement begins, so that
 * little of the machine goes to the client.
 */
import { createHmac } from "node:crypto";
import type { Socket } from "bun";
import { heard, type Notice, programOptions, say } from "../measure/program.ts";
import { keyOf, MESSAGE } from "./workload.ts";

export interface WebhookClientOptions {
  readonly port: number;
  readonly secret: string;
  readonly messages: number;
  readonly keys: number;
  readonly connections: number;
}

export interface Posted extends Notice {
  readonly kind: "posted";
  readonly startedAtMs: number;
  readonly atMs: number;
  readonly refused: number;
  readonly latencies: readonly number[];
}

interface Poster {
  sentAt: number;
}

const { port, secret, messages, keys, connections } = programOptions<WebhookClientOptions>();
const key = Buffer.from(secret.slice("whsec_".length), "base64");
const timestamp = Math.floor(Date.now() / 1_000);
const requests = Array.from({ length: messages }, (_, i) => signedRequest(i));
const latencies = new Float64Array(messages);
const finished = Promise.withResolvers<void>();
let next = 0;
let answered = 0;
let refused = 0;

function signedRequest(i: number): Uint8Array {
  const body = JSON.stringify({ key: keyOf(i, keys), ...MESSAGE, text: MESSAGE.text.slice(18) });
  const id = `msg-${i}`;
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  const head = [
    "POST /webhooks/bench HTTP/1.1",
    `Host: 127.0.0.1:${port}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    `webhook-id: ${id}`,
    `webhook-timestamp: ${timestamp}`,
    `webhook-signature: v1,${signature}`,
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
}

function post(socket: Socket<Poster>): void {
  const request = requests[next++];
  if (!request) return;
  socket.data.sentAt = performance.now();
  socket.write(request);
}

/** Answers of a webhook have no body, and each comes whole: one chunk is one answer. */
function take(socket: Socket<Poster>, chunk: Uint8Array): void {
  latencies[answered++] = performance.now() - socket.data.sentAt;
  // "HTTP/1.1 200": the ninth byte and the two after it.
  if (chunk[9] !== 0x32 || chunk[10] !== 0x30 || chunk[11] !== 0x30) refused += 1;
  if (answered === messages) finished.resolve();
  post(socket);
}

const sockets = await Promise.all(
  Array.from({ length: connections }, () =>
    Bun.connect<Poster>({
      hostname: "127.0.0.1",
      port,
      data: { sentAt: 0 },
      socket: { data: take, close: () => finished.reject(new Error("the node closed a connection")) },
    }),
  ),
);
say({ kind: "ready" });
await heard("go");
const startedAtMs = Date.now();
for (const socket of sockets) post(socket);
await finished.promise;
say({ kind: "posted", startedAtMs, atMs: Date.now(), refused, latencies: [...latencies] } satisfies Posted);
await heard("end");
