/** Runs what the user says of sockets: who may connect, and whose new token is good. */
import { type Events, toError } from "../../core/index.ts";
import type { ConnectContext, RefreshContext, SocketDefinition } from "../define.ts";
import type { ConnectRequest, ConnectResponse, RefreshRequest, RefreshResponse } from "../protocol.ts";
import { objectText } from "./body.ts";

export interface SocketHandlers {
  readonly socket?: SocketDefinition;
  readonly events: Events;
}

/** Whatever the handler does, it never rejects: one that throws lets nobody in. */
export async function runConnect(handlers: SocketHandlers, { info }: ConnectRequest): Promise<ConnectResponse> {
  const context: ConnectContext = {
    ...info,
    allow: ({ id = null, assigns = {}, expiresAtMs = null } = {}) => ({ kind: "allowed", id, assigns, expiresAtMs }),
    refuse: ({ reason } = { reason: "forbidden" }) => ({ kind: "refused", reason }),
  };
  try {
    const result = (await handlers.socket?.connect(context)) ?? context.allow();
    if (result.kind === "refused") return result;
    const { id, assigns, expiresAtMs } = result;
    return { kind: "accepted", id, assigns: plain(assigns), expiresAtMs: expiresAtMs ?? null };
  } catch (thrown) {
    handlers.events.emit("error.caught", { stage: "channel.connect", error: toError(thrown) });
    return { kind: "refused", reason: "connect crashed" };
  }
}

/** As `runConnect`: one that throws takes no token. */
export async function runRefresh(handlers: SocketHandlers, request: RefreshRequest): Promise<RefreshResponse> {
  const { token, socket } = request;
  const context: RefreshContext = {
    token,
    socket,
    allow: ({ assigns = socket.assigns, expiresAtMs = null } = {}) => ({ kind: "allowed", assigns, expiresAtMs }),
    refuse: ({ reason } = { reason: "forbidden" }) => ({ kind: "refused", reason }),
  };
  if (!handlers.socket?.refresh) return { kind: "refused", reason: "refresh not supported" };
  try {
    const result = await handlers.socket.refresh(context);
    if (result.kind === "refused") return result;
    return { kind: "accepted", assigns: plain(result.assigns), expiresAtMs: result.expiresAtMs ?? null };
  } catch (thrown) {
    handlers.events.emit("error.caught", { stage: "channel.refresh", error: toError(thrown) });
    return { kind: "refused", reason: "refresh crashed" };
  }
}

/** As it will be after the link, also where the worker is in the same process. @throws InvalidInputError */
function plain(assigns: object): Readonly<Record<string, unknown>> {
  return JSON.parse(objectText(assigns, "socket assigns"));
}
