/**
 * Topics that the node itself serves, for those who watch it: `godwit:node` (workers up and down) and `godwit:flow:<actor>:<key>` (each step of
 * one conversation's messages). They are joined like any other channel, but answered here: no worker is asked, no user code runs.
 *
 * Open to every socket when the app says `inspect: true`; refused otherwise. Watchers are counted, so that nothing is collected unwatched.
 */
import type {
  ChannelBackend,
  ChannelEntry,
  ChannelGateway,
  ChannelId,
  HostRequest,
  HostResponses,
  JoinRequest,
  ResponseTo,
} from "../../channels/index.ts";

const SYSTEM_PREFIX = "godwit:";
const FLOW_PREFIX = "godwit:flow:";
export const NODE_TOPIC = "godwit:node";

/** To stand first in the gateway's manifest. */
export const SYSTEM_CHANNELS: ChannelEntry = {
  pattern: `${SYSTEM_PREFIX}*`,
  history: null,
  presence: false,
  intercepts: [],
};

export interface WatchedLane {
  readonly target: string;
  readonly key: string;
}

/** How the last deploy went, for those who watch the node. */
export interface DeployState {
  readonly state: "loading" | "serving" | "failed";
  readonly release: number;
  /** Why it failed, and where: `app.ts:12:5`. */
  readonly message?: string;
  readonly place?: string;
  readonly lineText?: string;
}

export interface SystemTopicsOptions {
  /** May sockets watch? */
  readonly open: () => boolean;
  /** What a watcher of `godwit:node` is shown first. */
  readonly nodeState: () => readonly object[];
  /** The set of watched keys has changed. */
  readonly onWatch: (keys: readonly string[]) => void;
}

export class SystemTopics {
  readonly #options: SystemTopicsOptions;
  readonly #joined = new Map<ChannelId, string>();
  #gateway: Pick<ChannelGateway, "handle" | "deliverBroadcast"> | undefined;
  #deploy: DeployState | undefined;

  constructor(options: SystemTopicsOptions) {
    this.#options = options;
  }

  /** The gateway whose sockets these topics serve. */
  serve(gateway: Pick<ChannelGateway, "handle" | "deliverBroadcast">): void {
    this.#gateway = gateway;
  }

  /** `backend`, with the system's topics answered here. */
  wrap(backend: ChannelBackend): ChannelBackend {
    return {
      workerFor: (affinity) => backend.workerFor(affinity),
      request: <R extends HostRequest>(worker: string, request: R) => {
        const own = this.#answer(request);
        return own ? (Promise.resolve(own) as Promise<ResponseTo<R>>) : backend.request(worker, request);
      },
      notify: (worker, notice) => {
        if (this.#joined.has(notice.channel)) this.#left(notice.channel);
        else backend.notify(worker, notice);
      },
    };
  }

  /** Keys whose messages somebody watches. */
  get watchedKeys(): readonly string[] {
    return [...new Set([...this.#joined.values()].flatMap((topic) => parseFlowTopic(topic)?.key ?? []))];
  }

  /** Shows a step to those who watch the lane's key. A delivery is shown to whoever watches an actor of that key. */
  flow(lane: WatchedLane, step: object): void {
    for (const topic of new Set(this.#joined.values())) {
      const watched = parseFlowTopic(topic);
      if (watched?.key === lane.key) this.#broadcast(topic, "flow", step);
    }
  }

  /** Shows a change of a worker to those who watch the node. */
  worker(state: object): void {
    this.#broadcast(NODE_TOPIC, "worker", state);
  }

  /** Shows how a deploy goes to those who watch the node; one that failed also to those who come later. */
  deploy(state: DeployState): void {
    this.#deploy = state.state === "failed" ? state : undefined;
    this.#broadcast(NODE_TOPIC, "deploy", state);
  }

  #broadcast(topic: string, event: string, payload: object): void {
    this.#gateway?.deliverBroadcast({ topic, event, body: JSON.stringify(payload) });
  }

  #answer(request: HostRequest): HostResponses[HostRequest["kind"]] | undefined {
    if (request.kind === "join" && request.attach.topic.startsWith(SYSTEM_PREFIX)) return this.#join(request);
    if (request.kind === "push" && this.#joined.has(request.channel)) {
      const body = JSON.stringify({ reason: "this topic only tells" });
      return { kind: "done", reply: { status: "error", body }, assigns: null };
    }
    return undefined;
  }

  #join({ channel, attach: { topic } }: JoinRequest): HostResponses["join"] {
    const known = topic === NODE_TOPIC || parseFlowTopic(topic) !== undefined;
    if (!this.#options.open() || !known) {
      return { kind: "refused", response: JSON.stringify({ reason: known ? "inspection is off" : "unmatched topic" }) };
    }
    this.#joined.set(channel, topic);
    if (topic === NODE_TOPIC) setImmediate(() => this.#showNode(channel));
    else this.#watch();
    return { kind: "joined", response: "{}", assigns: null };
  }

  #showNode(channel: ChannelId): void {
    for (const state of this.#options.nodeState()) {
      this.#gateway?.handle({ kind: "push", channel, event: "worker", body: JSON.stringify(state) });
    }
    if (!this.#deploy) return;
    this.#gateway?.handle({ kind: "push", channel, event: "deploy", body: JSON.stringify(this.#deploy) });
  }

  #left(channel: ChannelId): void {
    this.#joined.delete(channel);
    this.#watch();
  }

  #watch(): void {
    this.#options.onWatch(this.watchedKeys);
  }
}

/** `godwit:flow:<actor>:<key>`; a key may hold colons, an actor's name does not. */
function parseFlowTopic(topic: string): WatchedLane | undefined {
  if (!topic.startsWith(FLOW_PREFIX)) return undefined;
  const rest = topic.slice(FLOW_PREFIX.length);
  const colon = rest.indexOf(":");
  return colon > 0 && colon < rest.length - 1
    ? { target: rest.slice(0, colon), key: rest.slice(colon + 1) }
    : undefined;
}
