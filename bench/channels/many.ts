/**
 * More sockets than one process may hold: several gateways on one port, and several client processes, each to a loopback address of its own,
 * since an address has but 28,000 ports to connect from.
 */
import { cpuSeconds, residentBytes } from "../measure/process-usage.ts";
import { mebibytes, printTable } from "../measure/table.ts";
import { GODWIT, type RunningServer, startGodwit } from "./contestants.ts";
import { Crowd } from "./crowd.ts";

export interface ManyOptions {
  readonly total: number;
  readonly gateways: number;
}

const SOCKETS_A_CLIENT = 16_000;
const PAYLOAD = { d: "x".repeat(100) };

export async function measureMany({ total, gateways }: ManyOptions): Promise<void> {
  const server = await startGodwit(["--host", "0.0.0.0", "--gateways", String(gateways)]);
  const crowds: Crowd[] = [];
  try {
    const before = resident(server);
    const startedAt = performance.now();
    for (let joined = 0; joined < total; joined += SOCKETS_A_CLIENT) {
      const crowd = await Crowd.gather(GODWIT, server, `127.0.0.${crowds.length + 1}`);
      crowds.push(crowd);
      await crowd.grow(Math.min(SOCKETS_A_CLIENT, total - joined));
    }
    const joinSeconds = (performance.now() - startedAt) / 1_000;
    await Bun.sleep(5_000);
    const grown = resident(server) - before;
    const cpuBefore = cpuSeconds(server.pids);
    const ms = await broadcastToAll(crowds);
    printTable(`${total} joined sockets over ${gateways} gateways`, [
      {
        "joined in s": joinSeconds,
        "memory of the node": mebibytes(resident(server)),
        "KiB a socket, workers included": grown / 1_024 / total,
        "one broadcast to all, ms": ms,
        "frames a CPU-second": total / (cpuSeconds(server.pids) - cpuBefore),
      },
    ]);
  } finally {
    for (const crowd of crowds) await crowd[Symbol.asyncDispose]();
    await server.stop();
  }
}

/** Until the last socket of the last crowd has it, ms. */
async function broadcastToAll(crowds: readonly Crowd[]): Promise<number> {
  const [sender, ...others] = crowds;
  if (!sender) throw new Error("there are no sockets");
  const received = others.map((crowd) => crowd.broadcast(1, PAYLOAD, false));
  await Bun.sleep(1_000); // Until every client counts.
  const startedAt = performance.now();
  await Promise.all([sender.broadcast(1, PAYLOAD), ...received]);
  return performance.now() - startedAt;
}

function resident({ pids }: RunningServer): number {
  return pids.reduce((sum, pid) => sum + residentBytes(pid), 0);
}
