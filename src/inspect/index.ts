export type { ActorDetails, ActorRow, Asked, LaneRow, WaitingMessage } from "./actors.ts";
export type { DeadLetterDetails, DeadLetterRow, Decided } from "./dead-letters.ts";
export type { ErrorDetails, ErrorRow } from "./errors.ts";
export type { Finding, Health, StoreHealth } from "./health.ts";
export type { Clipped, Listing } from "./listing.ts";
export type { MessageRow } from "./messages.ts";
export type { MetricsSnapshot, NodeDetails, TopicDetails } from "./node.ts";
export { answerQuery, QUERIES, type Query, type QueryName, type QueryResults } from "./queries.ts";
export type { ShardRow } from "./shards.ts";
export type {
  FailedTry,
  HistoryBounds,
  InspectedApp,
  InspectedNode,
  InspectedStore,
  InspectSources,
  TopicRow,
  WorkerRow,
} from "./sources.ts";
export type { MessageStatus, MessageStep, MessageTrace } from "./trace.ts";
export type { Severity } from "./trouble-catalog.ts";
export { type Trouble, TroubleMemory } from "./trouble-memory.ts";
