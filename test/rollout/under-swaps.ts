/** Sockets that chat while the workers under them are deployed, recycled and killed; and what came of it. */
import { systemClock } from "../../src/core/index.ts";
import { type ControlClient, connectControl } from "../../src/node/control/control-client.ts";
import type { NodeProcess } from "../node/node-process.ts";
import { Chatter, quantile } from "./chatter.ts";
import type { EditableApp } from "./fixture-app.ts";

export interface Swaps {
  readonly deploys: number;
  readonly recycles: number;
  readonly kills: number;
}

export interface Chat {
  readonly sockets: number;
  readonly swaps: Swaps;
  /** Between two lines of one socket, ms. */
  readonly pauseMs: number;
  readonly onSwap?: (kind: keyof Swaps, tookMs: number) => void;
}

export interface Outcome {
  readonly sockets: number;
  /** Sockets that closed: there must be none. */
  readonly closed: readonly string[];
  /** Sockets that did not hear every line once and in order: there must be none. */
  readonly disturbed: readonly string[];
  readonly lines: number;
  /** Pushes that had to be sent again, as the worker that had them was killed. */
  readonly retries: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const JOINS_AT_ONCE = 100;

/** Opens sockets, lets each say lines until every swap is done, and compares what each has heard. */
export async function chatUnderSwaps(node: NodeProcess, app: EditableApp, chat: Chat): Promise<Outcome> {
  const { sockets, pauseMs } = chat;
  const chatters = await joinAll(node.url, sockets);
  let chatting = true;
  const talks = chatters.map(async (chatter) => {
    let n = 0;
    await Bun.sleep(Math.random() * pauseMs);
    while (chatting && !chatter.closed) {
      await chatter.say(++n);
      await Bun.sleep(pauseMs);
    }
    await chatter.hears(n);
    return n;
  });
  await swapAll(node, app, chat);
  chatting = false;
  const outcome = compare(chatters, await Promise.all(talks));
  for (const chatter of chatters) chatter.leave();
  return outcome;
}

async function joinAll(url: string, sockets: number): Promise<readonly Chatter[]> {
  const chatters: Chatter[] = [];
  while (chatters.length < sockets) {
    const first = chatters.length;
    const count = Math.min(JOINS_AT_ONCE, sockets - first);
    chatters.push(...(await Promise.all(Array.from({ length: count }, (_, i) => Chatter.join(url, `r${first + i}`)))));
  }
  return chatters;
}

/** The kinds of swaps take turns. */
async function swapAll(node: NodeProcess, app: EditableApp, { swaps, onSwap }: Chat): Promise<void> {
  const control = await connectControl(node.dataFolder, systemClock);
  const kinds = Object.keys(swaps) as (keyof Swaps)[];
  const rounds = Math.max(...Object.values(swaps));
  for (let i = 0; i < rounds; i++) {
    for (const kind of kinds.filter((kind) => i < swaps[kind])) {
      const startedMs = performance.now();
      await swap(kind, i, node, app, control);
      onSwap?.(kind, performance.now() - startedMs);
    }
  }
  control.close();
}

async function swap(
  kind: keyof Swaps,
  number: number,
  node: NodeProcess,
  app: EditableApp,
  control: ControlClient,
): Promise<void> {
  if (kind === "recycles") return void (await control.call("worker.replace", { worker: "w0" }));
  if (kind === "deploys") {
    await app.edit('"one"', `"version ${number}"`);
    const answer = (await control.call("deploy", { healthMs: 20 })) as { readonly kind: string };
    if (answer.kind !== "deployed") throw new Error(JSON.stringify(answer));
    return;
  }
  const [victim] = await node.workers();
  if (victim !== undefined) process.kill(victim, "SIGKILL");
  await Bun.sleep(300); // Kills in quick succession would only test the backoff.
}

function compare(chatters: readonly Chatter[], said: readonly number[]): Outcome {
  const tookMs = chatters.flatMap((chatter) => chatter.tookMs);
  return {
    sockets: chatters.length,
    closed: chatters.flatMap(({ closed }, i) => (closed ? [`r${i}: ${closed.code} ${closed.reason}`] : [])),
    disturbed: chatters.flatMap(({ heard }, i) => {
      const wrong = heard.findIndex((n, index) => n !== index + 1);
      if (wrong >= 0) return [`r${i}: heard ${heard[wrong]} as line ${wrong + 1}`];
      return heard.length === said[i] ? [] : [`r${i}: said ${said[i]}, heard ${heard.length}`];
    }),
    lines: said.reduce((sum, n) => sum + n, 0),
    retries: chatters.reduce((sum, { retries }) => sum + retries, 0),
    p99Ms: quantile(tookMs, 0.99),
    maxMs: quantile(tookMs, 1),
  };
}
