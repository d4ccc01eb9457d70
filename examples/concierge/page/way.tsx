import type { ComponentChildren, VNode } from "preact";
import { type Flow, median, waiting, workersState } from "./flow-model.ts";
import { milliseconds } from "./format.ts";
import { CommitIcon, GatewayIcon, LogIcon, OutIcon, WorkerIcon } from "./icons.tsx";
import { usePulses } from "./use-pulses.ts";

/** The way of a message, as five stops that light up while one passes. */
export function Way({ flow, isCut }: { readonly flow: Flow; readonly isCut: boolean }): VNode {
  const [taken = 0, handled = 0, out = 0] = usePulses([flow.accepted, flow.processed, flow.out]);
  const workers = workersState(flow);
  const held = waiting(flow);
  const committedMs = median(flow.committedMs);
  return (
    <ol class="way" data-workers={workers} aria-label="The way of a message">
      <Stop name="Gateway" note={isCut ? "out of reach" : "open"} pulse={taken} down={isCut} icon={<GatewayIcon />} />
      <Stop
        name="Log"
        note={held === 0 ? "on disk" : `${held} waiting`}
        pulse={taken}
        leg={taken}
        holds={held > 0}
        icon={<LogIcon />}
      />
      <Stop
        name="Worker"
        note={workerNote(flow)}
        pulse={handled}
        leg={handled}
        down={workers === "down"}
        deaths={flow.deaths}
        icon={<WorkerIcon />}
      />
      <Stop
        name="Commit"
        note={committedMs === undefined ? "atomic" : `in ${milliseconds(committedMs)}`}
        pulse={handled}
        leg={handled}
        icon={<CommitIcon />}
      />
      <Stop
        name="Out"
        note={flow.out === 0 ? "in order" : `${flow.out} sent`}
        pulse={out}
        leg={out}
        icon={<OutIcon />}
      />
    </ol>
  );
}

interface StopProps {
  readonly name: string;
  readonly note: string;
  readonly pulse: number;
  /** Pulses of the leg that leads here; absent for the first stop. */
  readonly leg?: number;
  readonly holds?: boolean;
  readonly down?: boolean;
  /** Each sends out a ring: a worker is back so soon that its absence alone would hardly be seen. */
  readonly deaths?: number;
  readonly icon: ComponentChildren;
}

function Stop({ name, note, pulse, leg, holds = false, down = false, deaths = 0, icon }: StopProps) {
  return (
    <li class="stop" data-holds={holds} data-down={down}>
      {leg === undefined ? null : (
        <span class="leg" aria-hidden="true">
          {leg > 0 ? <i key={leg} /> : null}
        </span>
      )}
      <span class="disc" key={`${name}-${pulse}`} data-lit={pulse > 0}>
        {icon}
      </span>
      {deaths > 0 ? <span class="ring" key={`ring-${deaths}`} aria-hidden="true" /> : null}
      <b>{name}</b>
      <small>{note}</small>
    </li>
  );
}

function workerNote(flow: Flow): string {
  const up = flow.workers.find((worker) => worker.state === "up");
  if (up) return up.pid === null ? up.worker : `pid ${up.pid}`;
  return flow.workers.length === 0 ? "your code" : "restarting";
}
