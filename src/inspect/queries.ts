/**
 * Every question that a person, a script or the console may ask of a node, in one table: by name on the control socket, by method and
 * path under the HTTP API. Rows and bytes of each answer are bounded; a list says what `next` to ask for.
 */
import {
  type ActorDetails,
  type ActorRow,
  type Asked,
  type LaneRow,
  listActors,
  listLanes,
  pauseActor,
  resumeActor,
  showActor,
} from "./actors.ts";
import {
  type DeadLetterDetails,
  type DeadLetterRow,
  type Decided,
  discardDeadLetters,
  listDeadLetters,
  redriveDeadLetters,
  showDeadLetter,
} from "./dead-letters.ts";
import { decideError, type ErrorDetails, type ErrorRow, listErrors, showError } from "./errors.ts";
import { type Health, readHealth } from "./health.ts";
import type { Listing } from "./listing.ts";
import { listMessages, type MessageRow } from "./messages.ts";
import {
  listTopics,
  type MetricsSnapshot,
  type NodeDetails,
  readMetrics,
  showNode,
  showTopic,
  type TopicDetails,
} from "./node.ts";
import { Params } from "./params.ts";
import { listShards, type ShardRow } from "./shards.ts";
import type { InspectSources, TopicRow } from "./sources.ts";
import { type MessageTrace, traceMessage } from "./trace.ts";

export interface Query<Result = unknown> {
  readonly method: "GET" | "POST";
  /** Under `/api`, with `:names` of parameters. */
  readonly path: string;
  /** Parameters beside those in the path. */
  readonly optional: readonly string[];
  /** One line, for the reference. */
  readonly summary: string;
  run(sources: InspectSources, params: Params): Promise<Result>;
}

/** What each query answers. */
export interface QueryResults {
  readonly node: NodeDetails;
  readonly health: Health;
  readonly metrics: MetricsSnapshot;
  readonly shards: Listing<ShardRow>;
  readonly lanes: Listing<LaneRow>;
  readonly "dead.list": Listing<DeadLetterRow>;
  readonly "dead.show": DeadLetterDetails;
  readonly "dead.redrive": Decided;
  readonly "dead.discard": Decided;
  readonly "errors.list": Listing<ErrorRow>;
  readonly "errors.show": ErrorDetails;
  readonly "errors.decide": ErrorRow;
  readonly "actors.list": Listing<ActorRow>;
  readonly "actors.show": ActorDetails;
  readonly "actors.messages": Listing<MessageRow>;
  readonly "actors.pause": Asked;
  readonly "actors.resume": Asked;
  readonly "topics.list": Listing<TopicRow>;
  readonly "topics.show": TopicDetails;
  readonly "messages.trace": MessageTrace;
}

export type QueryName = keyof QueryResults;

const PAGE = ["limit", "after"] as const;

export const QUERIES: { readonly [Name in QueryName]: Query<QueryResults[Name]> } = {
  node: get("/node", [], "The node: version, workers, sockets, lag, and its tree of services.", showNode),
  health: get("/health", [], "What is wrong, whom it concerns, and what to do.", readHealth),
  metrics: get("/metrics", [], "All counts, gauges and histograms as they stand, as JSON.", readMetrics),
  shards: get("/shards", PAGE, "Shards: who holds each, and its lag in messages.", listShards),
  lanes: get("/lanes", ["target", "status", ...PAGE], "Lanes that are not running normally.", listLanes),
  "dead.list": get(
    "/dead-letters",
    ["target", "key", "status", ...PAGE],
    "Dead letters; `status` is `dead` unless given.",
    listDeadLetters,
  ),
  "dead.show": get(
    "/dead-letters/:id",
    [],
    "One dead letter, with its body and the stack of its error.",
    showDeadLetter,
  ),
  "dead.redrive": post(
    "/dead-letters/redrive",
    ["id", "target", "key", "limit", "reason"],
    "Sends dead letters back to their lanes: one by `id`, or those of a `target` (and `key`).",
    redriveDeadLetters,
  ),
  "dead.discard": post(
    "/dead-letters/discard",
    ["id", "target", "key", "limit", "reason"],
    "Gives dead letters up for good: one by `id`, or those of a `target` (and `key`).",
    discardDeadLetters,
  ),
  "errors.list": get(
    "/errors",
    ["state", ...PAGE],
    "Failures grouped by their cause, the latest first; `state` is `open` unless given.",
    listErrors,
  ),
  "errors.show": get("/errors/:fingerprint", [], "One cause: its stack, and the message that caused it.", showError),
  "errors.decide": post(
    "/errors/:fingerprint/decide",
    ["state"],
    "Makes it `resolved` (unless given), `ignored` or `open`.",
    decideError,
  ),
  "actors.list": get(
    "/actors/:actor",
    ["prefix", ...PAGE],
    "An actor's keys that have a state, by prefix.",
    listActors,
  ),
  "actors.show": get("/actors/:actor/:key", [], "A key: its state, its lane, what waits for it.", showActor),
  "actors.messages": get(
    "/actors/:actor/:key/messages",
    [],
    "A key's newest messages, handled ones too, out of its shard's newest few thousand.",
    listMessages,
  ),
  "actors.pause": post("/actors/:actor/:key/pause", [], "Stops a key before its next message.", pauseActor),
  "actors.resume": post("/actors/:actor/:key/resume", [], "Lets a stopped key go on.", resumeActor),
  "topics.list": get("/topics", ["prefix", ...PAGE], "Topics that sockets of this node have joined.", listTopics),
  "topics.show": get("/topics/:topic", [], "A topic: subscribers, who is present, its history.", showTopic),
  "messages.trace": get("/messages/:id/trace", [], "The whole way of a message, from the log.", traceMessage),
};

/** Answers a query by its name. @throws InvalidInputError when a parameter is wrong, and what the query throws. */
export async function answerQuery<Name extends QueryName>(
  name: Name,
  sources: InspectSources,
  params: unknown,
): Promise<QueryResults[Name]> {
  return QUERIES[name].run(sources, new Params(params ?? {}));
}

type Run<Result> = Query<Result>["run"];

function get<Result>(path: string, optional: readonly string[], summary: string, run: Run<Result>): Query<Result> {
  return { method: "GET", path, optional, summary, run };
}

function post<Result>(path: string, optional: readonly string[], summary: string, run: Run<Result>): Query<Result> {
  return { method: "POST", path, optional, summary, run };
}
