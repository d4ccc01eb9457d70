/**
 * Sends what the guest wrote, in the order of writing, until each is accepted.
 *
 * One message is on its way at a time: the next goes when the channel has said `ok`. A refusal is tried again after a while, silence and a
 * lost channel as soon as the channel is back; the client id tells the server which message it is, so that the same one is taken once.
 * A reload of the page forgets what was not yet accepted.
 */
export interface OutboxMessage {
  readonly clientId: string;
  readonly text: string;
}

/** How one try ended: accepted, refused for now (`retryAfterMs` is the server's when it knows), refused for good, or not answered. */
export type TryOutcome =
  | { readonly kind: "ok"; readonly messageId?: string }
  | { readonly kind: "refused"; readonly retryAfterMs: number }
  | { readonly kind: "rejected"; readonly reason: string }
  | { readonly kind: "silence" };

export interface OutboxDeps {
  push(message: OutboxMessage, done: (outcome: TryOutcome) => void): void;
  onAccepted(message: OutboxMessage, messageId: string | undefined): void;
  /** The server will never take it; the next one goes. */
  onRejected(message: OutboxMessage, reason: string): void;
  later(run: () => void, ms: number): void;
}

export interface Outbox {
  send(message: OutboxMessage): void;
  /** The channel is joined: what was on its way goes again. */
  open(): void;
  /** The channel is gone: nothing is tried until `open`. */
  close(): void;
  /** What refused may take it now: does not wait any longer. */
  retry(): void;
}

export function createOutbox(deps: OutboxDeps): Outbox {
  const queue: OutboxMessage[] = [];
  let joined = false;
  // Each try and each loss of the channel makes the answers to earlier tries void.
  let turn = 0;
  let waits = false;

  function pump(): void {
    const message = queue[0];
    if (!joined || !message) return;
    turn += 1;
    waits = false;
    const mine = turn;
    deps.push(message, (outcome) => mine === turn && settle(message, outcome, mine));
  }

  function settle(message: OutboxMessage, outcome: TryOutcome, mine: number): void {
    if (outcome.kind === "refused") {
      waits = true;
      return deps.later(() => mine === turn && pump(), outcome.retryAfterMs);
    }
    if (outcome.kind !== "silence") queue.shift();
    if (outcome.kind === "ok") deps.onAccepted(message, outcome.messageId);
    if (outcome.kind === "rejected") deps.onRejected(message, outcome.reason);
    pump();
  }

  return {
    send(message) {
      queue.push(message);
      if (queue.length === 1) pump();
    },
    open() {
      joined = true;
      pump();
    },
    close() {
      joined = false;
      turn += 1;
    },
    retry() {
      if (waits) pump();
    },
  };
}
