/** Sockets of one client process on one server, as a benchmark uses them. */
import { Program } from "../measure/program.ts";
import type { Broadcast, ClientOptions, Echo, Echoed, Grow, Received } from "./client.ts";
import type { Contestant, RunningServer } from "./contestants.ts";

export class Crowd implements AsyncDisposable {
  readonly #client: Program;

  private constructor(client: Program) {
    this.#client = client;
  }

  static async gather(contestant: Contestant, server: RunningServer, hostname: string = "127.0.0.1"): Promise<Crowd> {
    const { dialect, topic } = contestant;
    const options: ClientOptions = { hostname, port: server.port, dialect, topic };
    const client = Program.start("channels/client.ts", options);
    await client.next("ready");
    return new Crowd(client);
  }

  async grow(sockets: number): Promise<void> {
    this.#client.tell({ kind: "grow", sockets } satisfies Grow);
    await this.#client.next("grown");
  }

  /** Resolves with the time until the last socket had received the last of them, ms. */
  async broadcast(times: number, payload: object, send: boolean = true): Promise<number> {
    this.#client.tell({ kind: "broadcast", times, payload, send } satisfies Broadcast);
    return (await this.#client.next<Received>("received")).ms;
  }

  async echo(seconds: number, payload: object): Promise<Echoed> {
    this.#client.tell({ kind: "echo", seconds, payload } satisfies Echo);
    return this.#client.next<Echoed>("echoed");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.stop();
  }
}
