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
  return (
    <aside class="inside" aria-label="What happens inside" onKeyDown={(event) => event.key === "Escape" && onClose()}>
      <div class="inside-head">
        <h2>What happens inside</h2>
        <KillButton flow={flow} />
      </div>
      <Way flow={flow} />
      <div class="cards">
        <WorkerCard flow={flow} />
        <StateCard order={order} conversation={conversation} />
      </div>
      <Timeline chat={chat} flow={flow} />
      <Outside open={flow.items.length === 0} />
    </aside>
  );
}

/** Sends SIGKILL to the process that runs this very conversation. */
function KillButton({ flow }: { readonly flow: Flow }) {
  const [killed, setKilled] = useState<number | undefined>();
  const restarts = flow.workers.reduce((sum, worker) => sum + (worker.restarts ?? 0), 0);
  const isDown = workersState(flow) === "down";
  useEffect(() => {
    if (killed !== undefined && restarts > killed && !isDown) setKilled(undefined);
  }, [killed, restarts, isDown]);
  async function kill(): Promise<void> {
    setKilled(restarts);
    // The worker that takes the request dies of it: a failed answer is the expected one.
    await fetch("/demo/crash", { method: "POST" }).catch(() => undefined);
    setTimeout(() => setKilled(undefined), 4000);
  }
  const isBusy = killed !== undefined || isDown;
  return (
    <button type="button" class="kill" aria-disabled={isBusy} onClick={() => !isBusy && void kill()}>
      <BoltIcon />
      {isBusy ? "SIGKILL sent" : "Kill the worker"}
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
