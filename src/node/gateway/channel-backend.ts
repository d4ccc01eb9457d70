/** The channel engine's way to the workers: over their links, with a deadline, so that no push is ever left without an answer. */
import { type ChannelBackend, type HostRequest, type ResponseTo, WorkerGoneError } from "../../channels/index.ts";
import { SECOND } from "../../core/index.ts";
import type { WorkerLink, WorkerLinks } from "./worker-links.ts";

/** How long a handler may take to answer. The client's own push times out after 10 s. */
const REQUEST_DEADLINE_MS: number = 30 * SECOND;

export function createChannelBackend(workers: WorkerLinks): ChannelBackend {
  const linkOf = (memberId: string): WorkerLink | undefined => workers.byMember(memberId);
  return {
    workerFor: (affinity) => workers.find(affinity)?.memberId,
    request: <R extends HostRequest>(memberId: string, request: R): Promise<ResponseTo<R>> => {
      const worker = linkOf(memberId);
      if (!worker) return Promise.reject(new WorkerGoneError());
      return worker.link.request("channel", request, REQUEST_DEADLINE_MS) as Promise<ResponseTo<R>>;
    },
    notify: (memberId, notice) => linkOf(memberId)?.link.notify("channel", notice),
  };
}
