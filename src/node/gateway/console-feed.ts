/**
 * The console's live half: one topic on a socket of its own (`/console/socket`), answered here and by no worker. An operator must get in when no
 * worker is up, and whatever the app thinks of who may connect.
 *
 * One pulse a second, whatever the load: what it is made of was counted where it happened. A session that ends, or is logged out, closes its sockets.
 * Nothing here survives a crash.
 */
import type {
  ChannelBackend,
  ChannelGateway,
  ChannelId,
  ConnectInfo,
  HostRequest,
  HostResponses,
  JoinRequest,
  PushRequest,
  ResponseTo,
} from "../../channels/index.ts";
import {
  type Clock,
  type Events,
  GodwitError,
  InvalidInputError,
  SECOND,
  type Timer,
  toError,
} from "../../core/index.ts";
import { QUERIES, type QueryName } from "../../inspect/index.ts";
import { type ConsoleAccess, isForwarded, SESSION_COOKIE } from "./console-access.ts";
import { ConsoleHistory } from "./console-history.ts";
import { CONSOLE_TOPIC, type ConsoleHello, type ConsoleSource, type Mark, type Pulse } from "./console-protocol.ts";

const PULSE_MS: number = SECOND;
/** Changes of the tree within this time are shown as one. */
const TREE_WINDOW_MS = 50;
/** Stands for the node itself where the channel engine asks for a worker. */
const SELF = "node";

/** What an event of this bus says about the tree. */
const TREE_EVENTS = [
  "service.started",
  "service.exited",
  "service.restarting",
  "service.failed-to-start",
  "service.abandoned",
] as const;

export interface ConsoleFeedOptions {
  readonly source: ConsoleSource;
  readonly access: ConsoleAccess;
  readonly clock: Clock;
  readonly events: Events;
}

export class ConsoleFeed {
  readonly backend: ChannelBackend;
  readonly #options: ConsoleFeedOptions;
  readonly #history = new ConsoleHistory();
  readonly #joined = new Set<ChannelId>();
  #pulse: Pulse | undefined;
  #beatTimer: Timer | undefined;
  #treeTimer: Timer | undefined;
  #offs: (() => void)[] = [];
  #gateway: Pick<ChannelGateway, "deliverBroadcast" | "disconnect"> | undefined;

  constructor(options: ConsoleFeedOptions) {
    this.#options = options;
    this.backend = {
      workerFor: () => SELF,
      request: <R extends HostRequest>(_worker: string, request: R) => this.#answer(request) as Promise<ResponseTo<R>>,
      notify: (_worker, notice) => void this.#joined.delete(notice.channel),
    };
  }

  /** Safe twice. */
  start(gateway: Pick<ChannelGateway, "deliverBroadcast" | "disconnect">): void {
    if (this.#gateway) return;
    this.#gateway = gateway;
    this.#offs = TREE_EVENTS.map((name) => this.#options.events.on(name, () => this.#treeChanged()));
    this.#beat();
  }

  /** Safe twice, and before `start`. */
  stop(): void {
    this.#beatTimer?.cancel();
    this.#treeTimer?.cancel();
    for (const off of this.#offs) off();
    this.#offs = [];
  }

  /** Shows what explains a kink in the plots, now and to those who look later. */
  mark(mark: Mark): void {
    this.#history.mark(mark);
    this.#tell("mark", mark);
  }

  /** The session has ended: its sockets close. */
  end(sessionId: string): void {
    this.#gateway?.disconnect(sessionId);
  }

  #beat(): void {
    const { clock, source } = this.#options;
    this.#beatTimer = clock.after(PULSE_MS, () => this.#beat());
    const pulse = source.pulse();
    this.#pulse = pulse;
    const span = this.#history.note(pulse);
    this.#tell("pulse", pulse);
    if (span) this.#tell("span", span);
  }

  #treeChanged(): void {
    this.#treeTimer ??= this.#options.clock.after(TREE_WINDOW_MS, () => {
      this.#treeTimer = undefined;
      this.#tell("tree", this.#options.source.hello().tree);
    });
  }

  #tell(event: string, payload: object): void {
    if (this.#joined.size === 0) return;
    this.#gateway?.deliverBroadcast({ topic: CONSOLE_TOPIC, event, body: JSON.stringify(payload) });
  }

  async #answer(request: HostRequest): Promise<HostResponses[HostRequest["kind"]]> {
    switch (request.kind) {
      case "connect":
        return this.#connect(request.info);
      case "refresh":
        return { kind: "refused", reason: "a session is begun at the login" };
      case "join":
        return this.#join(request);
      case "push":
        return this.#push(request);
      case "filter":
        return { kind: "filtered", verdicts: request.channels.map(() => true) };
    }
  }

  async #connect({ cookies, headers, peer }: ConnectInfo): Promise<HostResponses["connect"]> {
    const session = await this.#options.access.session({
      cookie: cookies[SESSION_COOKIE],
      host: headers.host ?? null,
      peer: peer ?? "",
      isForwarded: isForwarded((name) => Object.hasOwn(headers, name)),
    });
    if (!session) return { kind: "refused", reason: "not logged in" };
    return { kind: "accepted", id: session.id, assigns: {}, expiresAtMs: session.expiresAtMs };
  }

  #join({ channel }: JoinRequest): HostResponses["join"] {
    this.#joined.add(channel);
    return { kind: "joined", response: JSON.stringify(this.#hello()), assigns: null };
  }

  #hello(): ConsoleHello {
    const { source } = this.#options;
    const { seconds, spans, marks } = this.#history;
    return { ...source.hello(), seconds, spans, marks, pulse: this.#pulse ?? source.pulse() };
  }

  async #push({ event, body }: PushRequest): Promise<HostResponses["push"]> {
    try {
      if (event !== "ask") throw new InvalidInputError("event", "ask", event);
      const { name, params } = readQuestion(body);
      const answer = await this.#options.source.ask(name, params);
      return { kind: "done", reply: { status: "ok", body: JSON.stringify(answer) }, assigns: null };
    } catch (thrown) {
      const error = toError(thrown);
      if (!(error instanceof GodwitError)) this.#options.events.emit("error.caught", { stage: "console", error });
      const reason = error instanceof GodwitError ? error.message : "internal error";
      return { kind: "done", reply: { status: "error", body: JSON.stringify({ reason }) }, assigns: null };
    }
  }
}

/** @throws InvalidInputError when it names no query. What the parameters must be, each query says itself. */
function readQuestion(body: PushRequest["body"]): { readonly name: QueryName; readonly params: unknown } {
  const { name, params } = (typeof body === "string" ? JSON.parse(body) : {}) as Partial<Record<string, unknown>>;
  if (typeof name === "string" && Object.hasOwn(QUERIES, name)) return { name: name as QueryName, params };
  throw new InvalidInputError("name", `one of ${Object.keys(QUERIES).join(", ")}`, name);
}
