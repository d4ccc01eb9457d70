/**
 * The door for those who run this machine: the CLI asks the running node here, by name. A Unix socket in the data folder, which only this
 * user can reach, so that no token is needed. One request, one answer, both JSON; a handler's `GodwitError` travels by its code.
 *
 * States: listening → stopped. Nothing survives, nor needs to: who asked hears `link_closed` and asks again.
 */
import { type LinkServer, listenLink } from "../../adapters/bun/index.ts";
import { type Clock, GodwitError } from "../../core/index.ts";

/** Answers one kind of request. `params` is what came over the socket: decoded by the handler, trusted in nothing. */
export type ControlHandler = (params: unknown) => unknown | Promise<unknown>;

export type ControlHandlers = Readonly<Record<string, ControlHandler>>;

/** Requests of one peer that may wait at once; a person or a script needs one or two. */
const MAX_PENDING = 100;

/** Listens at `path`, replacing a file that a dead node left behind; the caller has claimed the data folder. */
export function serveControl(path: string, clock: Clock, handlers: ControlHandlers): LinkServer {
  return listenLink(path, clock, () => ({
    peer: "a control client",
    maxPending: MAX_PENDING,
    onNotification: () => {},
    onRequest: (name, params) => {
      const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
      if (handler) return handler(params);
      throw new GodwitError("not_found", `this node knows no request ${JSON.stringify(name)}; is it an older version?`);
    },
  }));
}
