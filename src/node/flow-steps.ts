/** Turns events of either process into the steps that watchers of a conversation see. Costs nothing while nobody watches. */
import type { Events } from "../core/index.ts";
import { parseMessageId } from "../store/index.ts";
import type { FlowStep } from "./link-protocol.ts";

export interface FlowSteps {
  /** Whose messages' steps are wanted from now on. None: no event is listened to. */
  watch(keys: readonly string[]): void;
}

/**
 * Calls `show` with each step of a watched key's messages. `worker` names this process in them, where it is a worker; a gateway only
 * accepts (its bus carries the workers' events too, whose steps the workers show themselves).
 */
export function collectFlowSteps(
  events: Events,
  worker: string | undefined,
  show: (step: FlowStep) => void,
): FlowSteps {
  let keys: ReadonlySet<string> = new Set();
  let listening: readonly (() => void)[] = [];
  const tell = (kind: FlowStep["kind"], message: Handled, more: Partial<FlowStep> = {}, at = Date.now()) => {
    if (keys.has(message.key)) show({ kind, at, ...place(message), ...(worker !== undefined && { worker }), ...more });
  };
  return {
    watch: (wanted) => {
      keys = new Set(wanted);
      if (keys.size > 0 && listening.length === 0) listening = listen(events, tell, worker !== undefined);
      if (keys.size > 0) return;
      for (const off of listening) off();
      listening = [];
    },
  };
}

interface Handled {
  readonly id: string;
  readonly target: string;
  readonly key: string;
}

type Tell = (kind: FlowStep["kind"], message: Handled, more?: Partial<FlowStep>, at?: number) => void;

function listen(events: Events, tell: Tell, runsLanes: boolean): readonly (() => void)[] {
  const accepted = events.on("message.accepted", (message, { atMs }) => tell("accepted", message, {}, atMs));
  return runsLanes ? [accepted, ...listenToLanes(events, tell)] : [accepted];
}

function listenToLanes(events: Events, tell: Tell): readonly (() => void)[] {
  return [
    events.on("message.processed", ({ messages }, { atMs }) => {
      for (const message of messages.filter(({ id }) => id.startsWith("m"))) {
        tell("processed", message, { ms: round(message.durationMs), attempt: message.attempt }, atMs);
      }
    }),
    events.on("message.failed", (message, { atMs }) => {
      const { attempt, error } = message;
      if (message.retryInMs !== undefined) tell("retrying", message, { attempt, error: error.message }, atMs);
    }),
    events.on("message.dead", (message, { atMs }) => tell("dead", message, { attempt: message.attempts }, atMs)),
    events.on("delivery.sent", ({ connector, key, id, attempt, ms }, { atMs }) =>
      tell("delivered", { id, key, target: connector }, { connector, attempt, ms: round(ms) }, atMs),
    ),
  ];
}

function place(message: Handled): Pick<FlowStep, "id" | "target" | "key" | "seq" | "shard"> {
  const { shard, seq } = parseMessageId(message.id);
  return { id: message.id, target: message.target, key: message.key, seq, shard };
}

/** Tenths of a millisecond are enough for people. */
function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
