/** The unmodified clients that judge, each over each of its transports. */
import * as newest from "phoenix";
import * as old from "phoenix-1.7";
import { FetchXmlHttpRequest } from "./xml-http-request.ts";

export interface ClientKind {
  readonly name: string;
  readonly Socket: typeof newest.Socket;
  readonly Presence: typeof newest.Presence;
  readonly transport: unknown;
  /** Can it read payloads of bytes? Over long-poll no client can. */
  readonly readsBytes: boolean;
}

// Client 1.7 does not know `fetch`; newer ones take this too where it is there, as in a browser.
Object.assign(globalThis, { XMLHttpRequest: FetchXmlHttpRequest });

export const CLIENTS: readonly ClientKind[] = [
  { name: "1.8 over WebSocket", ...newest, transport: WebSocket, readsBytes: true },
  { name: "1.8 over long-poll", ...newest, transport: newest.LongPoll, readsBytes: false },
  { name: "1.7.21 over WebSocket", ...old, transport: WebSocket, readsBytes: true },
  { name: "1.7.21 over long-poll", ...old, transport: old.LongPoll, readsBytes: false },
];
