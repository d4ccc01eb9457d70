/**
 * The link over a Unix socket. What is written within one turn of the event loop goes out as one write: measured on the design's
 * machine, batching is what takes the link from 36 k to 800 k frames a second.
 */
import type { Socket, UnixSocketListener } from "bun";
import { type Clock, GodwitError } from "../../core/index.ts";
import { Link, type LinkOptions, type LinkTransport } from "../../wire/index.ts";

/** Bytes that may wait for a peer that does not read. Past it the link is closed: a worker this stuck is about to be replaced. */
const MAX_QUEUED_BYTES = 256 * 1024 * 1024;

type LinkSocket = Socket<LinkEnd | undefined>;

/** One end: batches writes, keeps what the socket did not take, decodes what comes. */
class LinkEnd implements LinkTransport {
  readonly #socket: LinkSocket;
  readonly #decoder = new TextDecoder();
  #batch: string[] = [];
  #unsent: Uint8Array[] = [];
  #unsentBytes = 0;
  #scheduled = false;
  #ended = false;
  link: Link | undefined;

  constructor(socket: LinkSocket) {
    this.#socket = socket;
  }

  write(text: string): void {
    this.#batch.push(text);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flushBatch());
  }

  close(): void {
    if (this.#ended) return;
    this.#flushBatch();
    this.#ended = true;
    this.#socket.end();
  }

  received(chunk: Uint8Array): void {
    this.link?.receive(this.#decoder.decode(chunk, { stream: true }));
  }

  drained(): void {
    while (this.#unsent.length > 0) {
      const head = this.#unsent[0] as Uint8Array;
      const sent = Math.max(0, this.#socket.write(head));
      this.#unsentBytes -= sent;
      if (sent < head.length) {
        this.#unsent[0] = head.subarray(sent);
        return;
      }
      this.#unsent.shift();
    }
  }

  lost(): void {
    this.#ended = true;
    this.#batch = [];
    this.#unsent = [];
    this.link?.close();
  }

  #flushBatch(): void {
    this.#scheduled = false;
    if (this.#ended || this.#batch.length === 0) return;
    const bytes = Buffer.from(this.#batch.join(""));
    this.#batch = [];
    const sent = this.#unsent.length > 0 ? 0 : Math.max(0, this.#socket.write(bytes));
    if (sent === bytes.length) return;
    this.#unsent.push(bytes.subarray(sent));
    this.#unsentBytes += bytes.length - sent;
    if (this.#unsentBytes > MAX_QUEUED_BYTES) {
      this.link?.close(new GodwitError("link_stuck", `the peer left ${this.#unsentBytes} bytes unread`));
    }
  }
}

const socketHandlers = {
  data: (socket: LinkSocket, chunk: Uint8Array) => socket.data?.received(chunk),
  drain: (socket: LinkSocket) => socket.data?.drained(),
  close: (socket: LinkSocket) => socket.data?.lost(),
  error: (socket: LinkSocket) => socket.data?.lost(),
};

/** What an end is told of the link it gets; the link's own options less what this module provides. */
export type LinkAcceptor = (link: () => Link) => Omit<LinkOptions, "clock">;

function attach(socket: LinkSocket, clock: Clock, accept: LinkAcceptor): Link {
  const end = new LinkEnd(socket);
  socket.data = end;
  const link: Link = new Link(end, { clock, ...accept(() => link) });
  end.link = link;
  return link;
}

export interface LinkServer {
  stop(): void;
}

/**
 * Listens on a Unix socket at `path`; `accept` is called for each peer. The file is created private to this user (its folder must be,
 * too) and replaced when a dead node left one behind.
 */
export function listenLink(path: string, clock: Clock, accept: LinkAcceptor): LinkServer {
  const open = new Set<Link>();
  const listener: UnixSocketListener<LinkEnd | undefined> = Bun.listen<LinkEnd | undefined>({
    unix: path,
    socket: {
      ...socketHandlers,
      open: (socket) => {
        const link = attach(socket, clock, (self) => {
          const options = accept(self);
          return {
            ...options,
            onClose: (error) => {
              open.delete(link);
              options.onClose?.(error);
            },
          };
        });
        open.add(link);
      },
    },
  });
  return {
    stop: () => {
      listener.stop();
      for (const link of [...open]) link.close();
    },
  };
}

/** Connects to a listening link. @throws GodwitError `link_refused` when nobody listens at `path`. */
export async function connectLink(path: string, clock: Clock, accept: LinkAcceptor): Promise<Link> {
  const { promise, resolve, reject } = Promise.withResolvers<Link>();
  const refuse = (cause: unknown) =>
    reject(new GodwitError("link_refused", `cannot reach the gateway at ${path}`, { cause, retryable: true }));
  await Bun.connect<LinkEnd | undefined>({
    unix: path,
    socket: {
      ...socketHandlers,
      open: (socket) => resolve(attach(socket, clock, accept)),
      connectError: (_socket, error) => refuse(error),
    },
  }).catch(refuse);
  return promise;
}
