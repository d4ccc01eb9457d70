import type { MessageStep, MessageTrace } from "../../inspect/index.ts";
import { facts, NODE_OPTIONS, withNode } from "../ask-node.ts";
import { type Command, EXIT } from "../command.ts";
import type { Style } from "../style.ts";
import { alignColumns } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { moment, plural, span, took } from "../units.ts";

/** `godwit trace`: the whole way of one message, from the log alone. */
export const traceCommand: Command = {
  name: "trace",
  summary: "Tell the whole way of one message, from the log",
  details:
    "When it was accepted, what became of it, by which worker and which code, what it sent, and when that was delivered. Needs no tracing backend. Failed tries are known since the node's start.",
  arguments: [{ name: "MESSAGE_ID", description: "Such as m12-345, or d12-9 for a delivery.", required: true }],
  options: NODE_OPTIONS,
  examples: [{ line: "godwit trace m12-345", meaning: "where is it, and what did it do?" }],
  run: (invocation, terminal) =>
    withNode(invocation, terminal, async (ask) => {
      const trace = await ask("messages.trace", { id: invocation.arguments[0] ?? "" });
      terminal.out(invocation.json ? JSON.stringify(trace) : renderTrace(trace, terminal));
      return EXIT.ok;
    }),
};

function renderTrace(trace: MessageTrace, terminal: Terminal): string {
  const { style } = terminal;
  const known: (readonly [string, string])[] = [["to", `${trace.target}/${trace.key}`]];
  if (trace.from !== null) known.push(["from", trace.from]);
  if (trace.cause !== null) known.push(["sent by", `${trace.cause} ${style.dim(`godwit trace ${trace.cause}`)}`]);
  if (trace.traceId !== null) known.push(["trace", trace.traceId]);
  known.push(["body", trace.body.text.length > 400 ? `${trace.body.text.slice(0, 399)}…` : trace.body.text]);
  const steps = alignColumns(stepRows(trace, style));
  const rest = trace.sentComplete ? [] : [style.dim("Only a stretch of the log was searched for what it sent.")];
  return [`${style.bold(trace.id)}  ${statusText(trace, style)}`, facts(terminal, known), "", ...steps, ...rest].join(
    "\n",
  );
}

interface Step {
  /** Null: it is not known when. Those stand at the end. */
  readonly atMs: number | null;
  readonly what: string;
  readonly text: string;
}

function stepRows(trace: MessageTrace, style: Style): readonly (readonly string[])[] {
  const accepted = { atMs: trace.acceptedAtMs, what: "accepted", text: style.dim("durable in the log") };
  const failures = trace.failures.map(({ attempt, atMs, worker, error, retryInMs }) => {
    const then = retryInMs === null ? "not tried again" : `tried again in ${span(retryInMs)}`;
    const text = `${style.dim(`on ${worker}, ${then}:`)} ${error}`;
    return { atMs, what: style.yellow(`try ${attempt} failed`), text };
  });
  const own = [accepted, ...failures, ...endSteps(trace, style)];
  own.sort((a, b) => (a.atMs ?? Number.POSITIVE_INFINITY) - (b.atMs ?? Number.POSITIVE_INFINITY));
  const sent = trace.sent.map((step) => sentStep(step, style));
  return [...own, ...sent].map(({ atMs, what, text }) => [atMs === null ? "" : moment(atMs), what, text]);
}

/** How it ended, or where it stands. A message that failed once is set aside first, and handled in its lane's backlog. */
function endSteps(trace: MessageTrace, style: Style): readonly Step[] {
  const { commit, status, failures, diedAtMs, error } = trace;
  const aside = failures.length > 0 || status === "retrying" || status === "redriven" || status === "waiting";
  const by = commit && {
    atMs: commit.atMs,
    what: aside ? style.yellow("set aside") : endText(status, style),
    text: commitText(trace, aside, style),
  };
  const steps: readonly Step[] = by ? [by] : [];
  if (diedAtMs !== null && (aside || !commit)) {
    return [...steps, { atMs: diedAtMs, what: style.red("died"), text: error ?? "" }];
  }
  if (status !== "handled")
    return aside ? [...steps, { atMs: null, what: style.yellow(status), text: error ?? "" }] : steps;
  if (commit && !aside) return steps;
  return [...steps, { atMs: null, what: endText(status, style), text: style.dim(triesText(trace)) }];
}

function endText(status: MessageStep["status"], style: Style): string {
  return status === "handled" ? style.green("committed") : style.red("died");
}

function triesText({ attempts }: MessageTrace): string {
  return attempts === null || attempts < 2
    ? "the journal has forgotten by whom"
    : `with ${plural(attempts, "try", "tries")}`;
}

function commitText({ commit, acceptedAtMs, error, status }: MessageTrace, aside: boolean, style: Style): string {
  if (!commit) return "";
  const after = took(commit.atMs - acceptedAtMs);
  const by = style.dim(`by ${commit.member}, code ${commit.codeVersion}, ${after} after it was accepted`);
  return status === "dead" && error !== null && !aside ? `${error} ${by}` : by;
}

function sentStep({ id, target, key, acceptedAtMs, status, commit, error }: MessageStep, style: Style): Step {
  const isDelivery = id.startsWith("d");
  const verb = isDelivery ? "delivered" : "handled";
  const done = commit ? style.dim(`${verb} ${took(commit.atMs - acceptedAtMs)} later, by ${commit.member}`) : "";
  const end = status === "handled" ? done : `${statusText({ status }, style)} ${error ?? ""}`;
  const what = isDelivery ? "→ delivery" : "→ message";
  return { atMs: acceptedAtMs, what, text: `${style.bold(id)} to ${target}/${key}  ${end}` };
}

function statusText({ status }: Pick<MessageStep, "status">, style: Style): string {
  if (status === "handled") return style.green(status);
  return status === "dead" ? style.red(status) : style.yellow(status);
}
