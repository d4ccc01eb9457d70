/**
 * A group of failures as Sentry takes it: an envelope of one event (https://develop.sentry.dev/sdk/data-model/envelopes/, the event's attributes:
 * https://develop.sentry.dev/sdk/data-model/event-payloads/). The group's fingerprint is ours, so that both inboxes agree on what is the same.
 */
import { ConfigError, SECOND } from "../core/index.ts";
import { type Failure, framesOf, type OwnsFile } from "./fingerprint.ts";

export interface SentryTarget {
  readonly url: string;
  readonly publicKey: string;
  readonly dsn: string;
}

export interface SentryReport {
  readonly eventId: string;
  readonly failure: Failure;
  readonly fingerprint: string;
  readonly atMs: number;
  readonly release: string;
  readonly node: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly count: number;
}

/** `https://PUBLIC_KEY@HOST/PROJECT`. @throws ConfigError. */
export function readSentryDsn(dsn: string): SentryTarget {
  const url = URL.canParse(dsn) ? new URL(dsn) : undefined;
  const project = url?.pathname.slice(url.pathname.lastIndexOf("/") + 1);
  if (!url?.username || !project || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError("SENTRY_DSN: expected https://PUBLIC_KEY@HOST/PROJECT");
  }
  const prefix = url.pathname.slice(0, url.pathname.lastIndexOf("/"));
  return { url: `${url.protocol}//${url.host}${prefix}/api/${project}/envelope/`, publicKey: url.username, dsn };
}

/** The envelope's lines: its head, the item's head, the event. */
export function sentryEnvelope({ dsn }: SentryTarget, report: SentryReport, owns: OwnsFile): string {
  const event = JSON.stringify(sentryEvent(report, owns));
  const head = { event_id: report.eventId, sent_at: new Date(report.atMs).toISOString(), dsn };
  const item = { type: "event", length: new TextEncoder().encode(event).length, content_type: "application/json" };
  return `${JSON.stringify(head)}\n${JSON.stringify(item)}\n${event}\n`;
}

function sentryEvent(report: SentryReport, owns: OwnsFile): object {
  const { eventId, failure, fingerprint, atMs, release, node, tags, count } = report;
  const frames = framesOf(failure.stack ?? "").map(({ name, file, line, column }) => ({
    function: name === "" ? "<anonymous>" : name,
    filename: file,
    abs_path: file,
    lineno: line,
    colno: column,
    in_app: owns(file),
  }));
  return {
    event_id: eventId,
    timestamp: atMs / SECOND,
    platform: "javascript",
    level: "error",
    release,
    server_name: node,
    fingerprint: [fingerprint],
    tags,
    extra: { count },
    exception: {
      values: [
        {
          type: failure.name,
          value: failure.message,
          // Sentry wants the innermost frame last.
          ...(frames.length > 0 && { stacktrace: { frames: frames.toReversed() } }),
        },
      ],
    },
  };
}
