/** Every metric of a node, as data: docs/operate/metrics.md is made from it. Names and units as Prometheus has them (https://prometheus.io/docs/practices/naming/). */

interface CommonMetric {
  /** On the wire: `godwit_…`. */
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

export interface PlainMetric extends CommonMetric {
  readonly type: "counter" | "gauge";
}

export interface HistogramMetric extends CommonMetric {
  readonly type: "histogram";
  /** Upper bounds of the buckets, rising; what exceeds the last is counted too. */
  readonly bounds: readonly number[];
}

export type Metric = PlainMetric | HistogramMetric;

/** Seconds: from a tenth of a millisecond to a minute. */
const TIMES: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];
const SIZES: readonly number[] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

function counter(name: string, help: string, labels: readonly string[] = []): PlainMetric {
  return { type: "counter", name, help, labels };
}

function gauge(name: string, help: string, labels: readonly string[] = []): PlainMetric {
  return { type: "gauge", name, help, labels };
}

function histogram(
  name: string,
  help: string,
  labels: readonly string[] = [],
  bounds: readonly number[] = TIMES,
): HistogramMetric {
  return { type: "histogram", name, help, labels, bounds };
}

export type MetricName =
  | "accepted"
  | "duplicates"
  | "held"
  | "processed"
  | "retried"
  | "dead"
  | "late"
  | "timedOut"
  | "handlerTime"
  | "latency"
  | "commitTime"
  | "commitSize"
  | "commitFailures"
  | "storeTime"
  | "lag"
  | "lanes"
  | "leases"
  | "timersFired"
  | "timersLate"
  | "webhooks"
  | "deliveries"
  | "deliveryTime"
  | "breakers"
  | "gaps"
  | "connections"
  | "joined"
  | "topics"
  | "joins"
  | "received"
  | "sent"
  | "socketsClosed"
  | "slowSockets"
  | "channelCrashes"
  | "restarts"
  | "recycles"
  | "blocked"
  | "workersUp"
  | "memory"
  | "loopDelay"
  | "errors"
  | "eventsDropped"
  | "started";

export const METRICS: Readonly<Record<MetricName, Metric>> = {
  accepted: counter("godwit_messages_accepted_total", "Messages made durable in the log."),
  duplicates: counter("godwit_messages_duplicate_total", "Messages that had been taken before."),
  held: counter("godwit_messages_held_total", "Messages that waited for earlier numbers of their source."),
  processed: counter("godwit_messages_processed_total", "Messages handled and committed.", ["target", "stream"]),
  retried: counter("godwit_messages_retried_total", "Failed tries that are tried again.", ["target"]),
  dead: counter("godwit_messages_dead_total", "Messages given up: dead letters.", ["target"]),
  late: counter("godwit_handler_late_results_total", "Results that came after the right to commit was lost.", [
    "target",
  ]),
  timedOut: counter("godwit_handler_timeouts_total", "Handlers that did not return in their time.", ["target"]),
  handlerTime: histogram("godwit_handler_seconds", "How long a handler took.", ["target"]),
  latency: histogram("godwit_message_latency_seconds", "From accepted to committed.", ["target"]),
  commitTime: histogram("godwit_commit_seconds", "How long a commit took."),
  commitSize: histogram("godwit_commit_entries", "Changes in a commit.", [], SIZES),
  commitFailures: counter("godwit_commit_failures_total", "Commits that the store did not take at once."),
  storeTime: histogram("godwit_store_seconds", "How long the store took.", ["operation"]),
  lag: gauge("godwit_shard_lag_messages", "Messages of a shard that its cursor has not passed.", ["shard", "stream"]),
  lanes: counter("godwit_lane_changes_total", "Lanes that began to retry, spilled, stopped, or run normally again.", [
    "change",
  ]),
  leases: counter("godwit_lease_changes_total", "Leases acquired, lost and released.", ["change"]),
  timersFired: counter("godwit_timers_fired_total", "Timers that became messages."),
  timersLate: counter("godwit_timers_late_total", "Timers that fired a second or more late."),
  webhooks: counter("godwit_webhooks_total", "Webhooks by connector and outcome.", ["connector", "outcome"]),
  deliveries: counter("godwit_deliveries_total", "Deliveries by connector and outcome.", ["connector", "outcome"]),
  deliveryTime: histogram("godwit_delivery_seconds", "How long a provider took to take a delivery.", ["connector"]),
  breakers: counter("godwit_breaker_changes_total", "Circuit breakers that opened, half-opened and closed.", [
    "connector",
    "change",
  ]),
  gaps: counter("godwit_source_gaps_total", "Numbers of a source that were waited for in vain."),
  connections: gauge("godwit_socket_connections", "Open sockets."),
  joined: gauge("godwit_channels_joined", "Channels that sockets have joined."),
  topics: gauge("godwit_topics", "Topics that somebody has joined."),
  joins: counter("godwit_channel_joins_total", "Joins that were let in."),
  received: counter("godwit_socket_messages_received_total", "Frames that sockets sent."),
  sent: counter("godwit_socket_messages_sent_total", "Frames that were sent to sockets."),
  socketsClosed: counter("godwit_sockets_closed_total", "Sockets that the server closed, by close code.", ["code"]),
  slowSockets: counter("godwit_sockets_slow_total", "Sockets that read too slowly."),
  channelCrashes: counter("godwit_channel_crashes_total", "Channel handlers that threw."),
  restarts: counter("godwit_service_restarts_total", "Services started again after they ended.", ["service"]),
  recycles: counter("godwit_worker_recycles_total", "Workers replaced because they had outgrown their memory."),
  blocked: counter("godwit_workers_blocked_total", "Workers killed because their event loop stood still."),
  workersUp: gauge("godwit_worker_up", "1 while the worker takes work.", ["worker"]),
  memory: gauge("godwit_process_resident_bytes", "Memory of a process.", ["process"]),
  loopDelay: gauge("godwit_event_loop_delay_seconds", "How late timers came, worst of the last interval.", ["process"]),
  errors: counter("godwit_errors_total", "Failures that were caught, by stage.", ["stage"]),
  eventsDropped: counter("godwit_events_dropped_total", "Events that a worker could not tell its node."),
  started: gauge("godwit_start_time_seconds", "When the node started, Unix time."),
};
