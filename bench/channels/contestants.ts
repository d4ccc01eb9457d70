/** The servers that are compared. All speak over 127.0.0.1, without compression, and are measured by the same client. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GodwitNode } from "../measure/godwit-node.ts";
import { type Notice, Program } from "../measure/program.ts";
import type { DialectName } from "./dialect.ts";

export interface Contestant {
  readonly name: string;
  readonly dialect: DialectName;
  readonly topic: string;
  start(): Promise<RunningServer>;
}

export interface RunningServer {
  readonly port: number;
  /** The processes that hold sockets. */
  readonly socketPids: readonly number[];
  /** These, and the workers. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

export const GODWIT: Contestant = {
  name: "Godwit",
  dialect: "phoenix",
  topic: "room:1",
  start: () => startGodwit([]),
};

export const GODWIT_HISTORY: Contestant = { ...GODWIT, name: "Godwit, with history", topic: "kept:1" };

export const BARE: Contestant = programContestant("bare Bun.serve", "phoenix", "channels/bare-server.ts");

export const PEERS: readonly Contestant[] = [
  programContestant("ws on Node", "phoenix", "channels/ws-server.mjs"),
  programContestant("Socket.IO on Node", "socket.io", "channels/socket-io-server.mjs"),
];

export async function startGodwit(flags: readonly string[]): Promise<RunningServer> {
  const dataFolder = mkdtempSync(join(tmpdir(), "godwit-bench-"));
  const node = await GodwitNode.start({ app: "channels/app.ts", dataFolder, store: "sqlite", flags });
  return {
    port: node.port,
    socketPids: [node.pid],
    pids: [node.pid, ...node.children],
    stop: async () => {
      await node.stop();
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

function programContestant(name: string, dialect: DialectName, path: string): Contestant {
  return {
    name,
    dialect,
    topic: "room:1",
    start: async () => {
      const program = Program.start(path, {});
      const { port } = await program.next<Notice & { readonly port: number }>("listening");
      return { port, socketPids: [program.pid], pids: [program.pid], stop: () => program.stop() };
    },
  };
}
