import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Chat } from "./chat-model.ts";
import type { OrderView } from "./conversation.ts";
import { type Flow, waiting, workersState } from "./flow-model.ts";
import { BoltIcon } from "./icons.tsx";
import { Outside } from "./outside.tsx";
import { Timeline } from "./timeline.tsx";
import { Way } from "./way.tsx";

interface InsidePaneProps {
  readonly chat: Chat;
  readonly flow: Flow;
  readonly order: OrderView | undefined;
  readonly conversation: string;
  readonly onClose: () => void;
}

export function InsidePane({ chat, flow, order, conversation, onClose }: InsidePaneProps): VNode {
  const isCut = chat.link === "waiting";
  return (
    <aside class="inside" aria-label="What happens inside" onKeyDown={(event) => event.key === "Escape" && onClose()}>
      <div class="inside-head">
        <h2>What happens inside</h2>
        <KillButton flow={flow} isCut={isCut} />
      </div>
      <Way flow={flow} isCut={isCut} />
      <div class="cards">
        <WorkerCard flow={flow} />
        <StateCard order={order} conversation={conversation} />
      </div>
      <Timeline chat={chat} flow={flow} />
      <Outside open={flow.items.length === 0} />
    </aside>
  );
}

const KILL_PATIENCE_MS = 4000;

/** Sends SIGKILL to the process that runs this very conversation. */
function KillButton({ flow, isCut }: { readonly flow: Flow; readonly isCut: boolean }) {
  const [isSent, setSent] = useState(false);
  const isDown = workersState(flow) === "down";
  // Sent until the death is seen, or for a while, should it never be.
  useEffect(() => {
    if (isDown) setSent(false);
    const timer = setTimeout(() => setSent(false), KILL_PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [isSent, isDown]);
  function kill(): void {
    setSent(true);
    fetch("/demo/crash", { method: "POST" }).catch(() => setSent(false));
  }
  const isBusy = isSent || isDown || isCut;
  return (
    <button type="button" class="kill" aria-disabled={isBusy} onClick={() => !isBusy && kill()}>
      <BoltIcon />
      {isSent || isDown ? "SIGKILL sent" : "Kill the worker"}
    </button>
  );
}

function WorkerCard({ flow }: { readonly flow: Flow }) {
  return (
    <section class="card" aria-label="Workers">
      <h3>Worker process</h3>
      <ul class="workers" role="status">
        {flow.workers.map((worker) => (
          <li key={worker.worker} data-state={worker.state}>
            <i aria-hidden="true" />
            <b>{worker.worker}</b>
            <span>{worker.state === "up" ? `pid ${worker.pid ?? "?"}` : worker.state}</span>
            <span>{worker.restarts === 1 ? "1 restart" : `${worker.restarts ?? 0} restarts`}</span>
          </li>
        ))}
        {flow.workers.length === 0 ? <li>Nothing heard of yet</li> : null}
      </ul>
      <dl class="figures">
        <Figure name="accepted" value={flow.accepted} />
        <Figure name="handled" value={flow.processed} />
        <Figure name="in the log" value={waiting(flow)} />
      </dl>
    </section>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: number }) {
  return (
    <div data-name={name} data-any={value > 0}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function StateCard({ order, conversation }: { readonly order: OrderView | undefined; readonly conversation: string }) {
  const entries = Object.entries(order ?? {});
  return (
    <section class="card" aria-label="State of the actor">
      <h3>
        Actor state <code>concierge/{conversation}</code>
      </h3>
      <dl class="state">
        {entries.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd key={JSON.stringify(value)}>{JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
      {entries.length === 0 ? <p class="card-empty">None yet: it begins with the first message.</p> : null}
    </section>
  );
}
