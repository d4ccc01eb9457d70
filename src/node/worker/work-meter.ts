/** How this worker's code does its work, for those who compare it with other code: messages by their events, requests as they are answered. */
import type { Events } from "../../core/index.ts";
import { type WorkSample, WorkStats } from "../../rollout/index.ts";

export class WorkMeter {
  readonly #stats = new WorkStats();

  constructor(events: Events) {
    events.on("message.processed", ({ messages }) => {
      for (const { durationMs } of messages) this.#stats.done(durationMs);
    });
    events.on("message.failed", () => this.#stats.failed());
  }

  /** Runs a request that user code answers, and counts how it went. */
  async request<T>(work: () => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    try {
      const answer = await work();
      if (hasFailed(answer)) this.#stats.failed(performance.now() - startedMs);
      else this.#stats.done(performance.now() - startedMs);
      return answer;
    } catch (thrown) {
      this.#stats.failed(performance.now() - startedMs);
      throw thrown;
    }
  }

  /** What was counted since the last time. */
  take(): WorkSample {
    return this.#stats.take();
  }
}

/** A channel's handler that threw, or a route that answered with a fault of its own. A refusal is no fault. */
function hasFailed(answer: unknown): boolean {
  const { kind, status } = (answer ?? {}) as { readonly kind?: unknown; readonly status?: unknown };
  return kind === "crashed" || (typeof status === "number" && status >= 500);
}
