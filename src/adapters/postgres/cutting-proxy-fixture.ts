import type { Socket, TCPSocketListener } from "bun";

interface Ends {
  server: Socket<Ends> | undefined;
  readonly waiting: Uint8Array[];
}

/** Stands between a store and its server, and breaks connections at chosen moments. */
export class CuttingProxy implements Disposable {
  readonly #listener: TCPSocketListener<Ends>;
  readonly #clients = new Set<Socket<Ends>>();
  #losing: "nothing" | "answer" | "server" = "nothing";
  #down = false;

  constructor(target: { readonly hostname: string; readonly port: number }) {
    this.#listener = Bun.listen<Ends>({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        open: (client) => this.#accept(client, target),
        data: (client, bytes) => {
          const { server, waiting } = client.data;
          if (server) server.write(bytes);
          else waiting.push(Uint8Array.from(bytes));
        },
        close: (client) => {
          this.#clients.delete(client);
          client.data?.server?.end();
        },
      },
    });
  }

  get port(): number {
    return this.#listener.port;
  }

  /** The next answer of the server is lost, and its connection with it: the server has done what it was told, nobody hears of it. */
  loseNextAnswer(): void {
    this.#losing = "answer";
  }

  /** The same, and nobody reaches the server again until `comeBack`. */
  loseNextAnswerAndGoDown(): void {
    this.#losing = "server";
  }

  /** Ends all connections and refuses new ones. */
  goDown(): void {
    this.#down = true;
    for (const client of this.#clients) client.terminate();
  }

  comeBack(): void {
    this.#down = false;
  }

  [Symbol.dispose](): void {
    this.#listener.stop(true);
  }

  #accept(client: Socket<Ends>, target: { readonly hostname: string; readonly port: number }): void {
    client.data = { server: undefined, waiting: [] };
    if (this.#down) return void client.terminate();
    this.#clients.add(client);
    void Bun.connect<Ends>({
      ...target,
      socket: {
        open: (server) => {
          client.data.server = server;
          for (const bytes of client.data.waiting) server.write(bytes);
        },
        data: (server, bytes) => {
          const losing = this.#losing;
          if (losing === "nothing") return void client.write(bytes);
          this.#losing = "nothing";
          if (losing === "server") this.goDown();
          client.terminate();
          server.end();
        },
        close: () => void client.end(),
      },
    });
  }
}
