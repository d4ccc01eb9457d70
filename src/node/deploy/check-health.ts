/** Whether new workers can be trusted with the work: each answers, again and again, for as long as is asked. */
import { type Clock, SECOND, sleep } from "../../core/index.ts";
import type { WorkerLinks } from "../gateway/worker-links.ts";
import type { Incarnation } from "../pool/release.ts";
import { ReplacementFailedError } from "../pool/worker-pool.ts";

const PING_EVERY_MS = 100;
const PING_DEADLINE_MS: number = 2 * SECOND;

/** Asks at least once. @throws ReplacementFailedError when a worker has gone or does not answer in time, with the error that it ended with. */
export async function checkHealth(
  workers: readonly Incarnation[],
  links: Pick<WorkerLinks, "ping">,
  clock: Clock,
  forMs: number,
): Promise<void> {
  const untilMs = clock.monotonicMs() + forMs;
  const members = workers.map((worker) => ({ worker, memberId: worker.memberId }));
  for (;;) {
    await Promise.all(members.map(({ worker, memberId }) => ping(worker, memberId, links)));
    if (clock.monotonicMs() >= untilMs) return;
    await sleep(clock, PING_EVERY_MS);
  }
}

async function ping(worker: Incarnation, memberId: string, links: Pick<WorkerLinks, "ping">): Promise<void> {
  try {
    await links.ping(memberId, PING_DEADLINE_MS);
  } catch (thrown) {
    throw new ReplacementFailedError(worker.slot, worker.lastError ?? thrown);
  }
}
