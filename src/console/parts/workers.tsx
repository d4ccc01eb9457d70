import type { VNode } from "preact";
import type { WorkerPulse } from "../../node/index.ts";
import { bytes, milliseconds, rate, whole } from "../format.ts";
import { Dot, type Tone } from "./chip.tsx";
import { Meter } from "./meter.tsx";

const TONES: Readonly<Record<string, Tone>> = {
  up: "good",
  starting: "busy",
  restarting: "warn",
  draining: "busy",
  down: "bad",
};

/** The processes that run the app's code. */
export function Workers({ workers }: { readonly workers: readonly WorkerPulse[] }): VNode {
  return (
    <div class="table-scroll">
      <table class="workers">
        <thead>
          <tr>
            <th>Worker</th>
            <th>Memory</th>
            <th class="num">Handled</th>
            <th class="num">Loop delay</th>
            <th class="num">Shards</th>
            <th class="num">Restarts</th>
            <th>Code</th>
          </tr>
        </thead>
        <tbody>
          {workers.map((worker) => (
            <tr key={worker.slot}>
              <td>
                <span class="worker-name">
                  <Dot tone={TONES[worker.state] ?? "busy"} />
                  <b>{worker.slot}</b>
                  <span class="soft">{worker.state === "up" ? `pid ${worker.pid}` : worker.state}</span>
                </span>
                {worker.reason && worker.state !== "up" && <p class="worker-reason clip">{worker.reason}</p>}
              </td>
              <td>
                {worker.rssBytes === null ? (
                  <span class="soft">–</span>
                ) : (
                  <Meter value={worker.rssBytes} most={worker.memoryLimitBytes} text={bytes(worker.rssBytes)} />
                )}
              </td>
              <td class="num">{rate(worker.handled)}/s</td>
              <td class="num">{milliseconds(worker.loopDelayMs)}</td>
              <td class="num">{whole(worker.shards)}</td>
              <td class="num">{whole(worker.restarts)}</td>
              <td>
                <code>{worker.codeVersion ?? "–"}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
