/**
 * Every event that Godwit emits, in one place: name → what it means, and the shape of its payload. docs/events.md is checked
 * against this file. Names are `noun.past-participle`. Payloads are plain data (they cross process borders), small, and never
 * hold a message's body.
 */

/** What happened, by event name. One line each; the text of docs/events.md. */
export const EVENT_DESCRIPTIONS: Readonly<Record<keyof EventPayloads, string>> = {
  "listener.failed": "An event listener threw; the others still ran.",
  "error.caught": "A background failure, at the named stage, that no caller could be told of.",

  "service.started": "A supervised service is up.",
  "service.exited": "A supervised service has ended, normally or not.",
  "service.restarting": "A supervised service will be started again after the delay.",
  "service.failed-to-start": "A supervised service's start threw or timed out.",
  "supervisor.escalated": "A supervisor passed its restart intensity, stopped its children and gave up to its parent.",
};

export type EventName = keyof EventPayloads;

/** The payload of each event. */
export interface EventPayloads {
  "listener.failed": { readonly event: string; readonly error: Error };
  "error.caught": { readonly stage: string; readonly error: Error };

  "service.started": { readonly path: string };
  "service.exited": { readonly path: string; readonly reason: "normal" | "shutdown" | "error"; readonly error?: Error };
  "service.restarting": { readonly path: string; readonly delayMs: number; readonly restarts: number };
  "service.failed-to-start": { readonly path: string; readonly error: Error };
  "supervisor.escalated": { readonly path: string; readonly restarts: number; readonly windowMs: number };
}
