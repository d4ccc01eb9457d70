/** Holds sockets and does with them what the benchmark says, in a process of its own. */
import { type Notice, programOptions, say } from "../measure/program.ts";
import { type DialectName, dialectOf } from "./dialect.ts";
import { RawSocket, textFrame } from "./raw-socket.ts";

export interface ClientOptions {
  readonly hostname: string;
  readonly port: number;
  readonly dialect: DialectName;
  readonly topic: string;
}

/** Joins more sockets, until there are `sockets`. */
export interface Grow extends Notice {
  readonly kind: "grow";
  readonly sockets: number;
}

/** One socket broadcasts, `times` in one write; answered when every socket has received all of them. */
export interface Broadcast extends Notice {
  readonly kind: "broadcast";
  readonly times: number;
  readonly payload: object;
  /** False: another client's socket does it; this one only receives. */
  readonly send: boolean;
}

/** Every socket sends, waits for its answer, and sends again. */
export interface Echo extends Notice {
  readonly kind: "echo";
  readonly seconds: number;
  readonly payload: object;
}

export interface Received extends Notice {
  readonly kind: "received";
  readonly ms: number;
}

export interface Echoed extends Notice {
  readonly kind: "echoed";
  readonly seconds: number;
  readonly latencies: readonly number[];
}

/** Connects that are under way at once. */
const CONNECTS_AT_ONCE = 100;
const HEARTBEAT_MS = 25_000;

const { hostname, port, dialect: name, topic } = programOptions<ClientOptions>();
const dialect = dialectOf(name, topic);
const sockets: RawSocket[] = [];

async function grow({ sockets: wanted }: Grow): Promise<void> {
  while (sockets.length < wanted) {
    const count = Math.min(CONNECTS_AT_ONCE, wanted - sockets.length);
    sockets.push(
      ...(await Promise.all(Array.from({ length: count }, () => RawSocket.join(hostname, port, dialect, topic)))),
    );
  }
  say({ kind: "grown" });
}

function broadcast({ times, payload, send }: Broadcast): void {
  const frame = textFrame(dialect.broadcast(topic, payload));
  let missing = times * sockets.length;
  const startedAt = performance.now();
  const count = (first: number, second: number): void => {
    if (!dialect.isBroadcast(first, second)) return;
    missing -= 1;
    if (missing === 0) say({ kind: "received", ms: performance.now() - startedAt } satisfies Received);
  };
  for (const socket of sockets) socket.onFrame = count;
  if (send) sockets[0]?.send(new Uint8Array(Buffer.concat(new Array<Uint8Array>(times).fill(frame))));
}

async function echo({ seconds, payload }: Echo): Promise<void> {
  const frame = textFrame(dialect.echo(topic, payload));
  const latencies: number[] = [];
  const startedAt = performance.now();
  const until = startedAt + seconds * 1_000;
  await Promise.all(sockets.map((socket) => echoOn(socket, frame, until, latencies)));
  say({ kind: "echoed", seconds: (performance.now() - startedAt) / 1_000, latencies } satisfies Echoed);
}

function echoOn(socket: RawSocket, frame: Uint8Array<ArrayBuffer>, until: number, latencies: number[]): Promise<void> {
  return new Promise((resolve) => {
    let sentAt = performance.now();
    socket.onFrame = () => {
      const now = performance.now();
      latencies.push(now - sentAt);
      if (now >= until) return resolve();
      sentAt = now;
      socket.send(frame);
    };
    socket.send(frame);
  });
}

function obey(notice: Notice): void {
  if (notice.kind === "grow") void grow(notice as Grow);
  else if (notice.kind === "broadcast") broadcast(notice as Broadcast);
  else if (notice.kind === "echo") void echo(notice as Echo);
}

process.on("message", (notice) => obey(notice as Notice));
const { heartbeat } = dialect;
if (heartbeat !== undefined) {
  setInterval(() => {
    for (const socket of sockets) socket.send(textFrame(heartbeat));
  }, HEARTBEAT_MS);
}
say({ kind: "ready" });
