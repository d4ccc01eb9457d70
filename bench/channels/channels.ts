/** `channels`: memory, broadcast and echo, beside a bare `Bun.serve`, `ws` and Socket.IO, all by one raw-socket client. */
import { readOptions } from "../measure/options.ts";
import { compareBroadcast } from "./broadcast.ts";
import { BARE, GODWIT, GODWIT_HISTORY, PEERS } from "./contestants.ts";
import { compareEcho } from "./echo.ts";
import { measureMany } from "./many.ts";
import { compareMemory } from "./memory.ts";

const DEFAULTS = {
  /** memory, broadcast, echo or many; empty: the first three. */
  only: "",
  peers: true,
  repeats: 3,
  sockets: 15_000,
  "settle-seconds": 12,
  receivers: 10_000,
  broadcasts: 20,
  clients: 100,
  seconds: 10,
  total: 100_000,
  gateways: 6,
};

export async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(args, DEFAULTS);
  const wanted = (part: string): boolean => options.only === part || (options.only === "" && part !== "many");
  const contestants = [BARE, GODWIT, ...(options.peers ? PEERS : [])];
  if (wanted("memory")) await compareMemory(contestants, options);
  if (wanted("broadcast"))
    await compareBroadcast([BARE, GODWIT, GODWIT_HISTORY, ...contestants.slice(2)], BARE, options);
  if (wanted("echo")) await compareEcho(contestants, BARE, options);
  if (wanted("many")) await measureMany(options);
}
