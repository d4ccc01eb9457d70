/** The supervision tree as it is now: what runs under what, since when, and why it was started again. */
import type { VNode } from "preact";
import { useContext } from "preact/hooks";
import type { WorkerPulse } from "../../node/index.ts";
import type { ServiceTree } from "../../supervision/index.ts";
import { bytes, plural, span } from "../format.ts";
import type { Live } from "../live.ts";
import { NowContext } from "../parts/ago.tsx";
import { Chip, Dot, type Tone } from "../parts/chip.tsx";
import { MarkList } from "../parts/mark-list.tsx";

const TONES: Readonly<Record<ServiceTree["state"], Tone>> = {
  running: "good",
  starting: "busy",
  stopping: "busy",
  stopped: "plain",
  restarting: "bad",
};

interface Branch {
  readonly service: ServiceTree;
  /** For each level above and its own: does the line go on below? */
  readonly lines: readonly boolean[];
}

export function TreePage({ live }: { readonly live: Live }): VNode {
  const branches = flatten(live.tree, []);
  const supervised = live.marks.filter(({ kind }) => kind === "crash" || kind === "start" || kind === "recycle");
  return (
    <div class="page">
      <PageHead branches={branches} />
      <section class="panel flush">
        <ul class="tree">
          {branches.map(({ service, lines }) => (
            <TreeRow
              key={service.path}
              service={service}
              lines={lines}
              worker={live.pulse.workers.find(({ slot }) => service.path.endsWith(`/workers/${slot}`))}
            />
          ))}
        </ul>
      </section>
      <section class="panel">
        <h2>Ends and starts</h2>
        <MarkList marks={supervised.slice(-12).reverse()} />
      </section>
    </div>
  );
}

function PageHead({ branches }: { readonly branches: readonly Branch[] }): VNode {
  const services = branches.filter(({ service }) => service.kind === "service");
  const up = services.filter(({ service }) => service.state === "running").length;
  return (
    <div class="page-head">
      <h1>Supervision</h1>
      <p class="soft">
        {up} of {plural(services.length, "service")} running
      </p>
    </div>
  );
}

function flatten(service: ServiceTree, lines: readonly boolean[]): readonly Branch[] {
  const children = service.children ?? [];
  const below = children.flatMap((child, index) => flatten(child, [...lines, index < children.length - 1]));
  return [{ service, lines }, ...below];
}

interface TreeRowProps extends Branch {
  readonly worker: WorkerPulse | undefined;
}

function TreeRow({ service, lines, worker }: TreeRowProps): VNode {
  const nowMs = useContext(NowContext);
  return (
    // A new incarnation is a new row: it lights up once.
    <li
      key={`${service.pid}${service.state}`}
      class="branch"
      data-state={service.state}
      data-path={service.path}
      style={{ "--depth": lines.length }}
    >
      {lines.map((goesOn, level) => (
        <i
          key={level}
          class={level === lines.length - 1 ? "twig" : "stem"}
          data-on={goesOn}
          style={{ "--level": level }}
        />
      ))}
      <span class="branch-name">
        <Dot tone={TONES[service.state]} />
        <b>{service.id}</b>
        {service.kind === "supervisor" && <span class="branch-kind">supervisor</span>}
        {service.pid !== undefined && <span class="soft">pid {service.pid}</span>}
      </span>
      <span class="branch-state">
        {service.state} <span class="soft">{span(nowMs - service.sinceMs)}</span>
      </span>
      <span class="branch-more">
        {worker?.rssBytes && <span class="soft">{bytes(worker.rssBytes)}</span>}
        {service.restarts > 0 && <Chip tone="warn">{plural(service.restarts, "restart")}</Chip>}
      </span>
      {service.lastError && (
        <p class="branch-error">
          {service.state === "running" ? "Before: " : ""}
          {service.lastError.message.replace(`${service.path} `, "")}
        </p>
      )}
    </li>
  );
}
