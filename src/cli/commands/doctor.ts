import { toError } from "../../core/index.ts";
import type { Finding, Health, NodeDetails } from "../../inspect/index.ts";
import { dataFolderOf, NODE_OPTIONS, withNode } from "../ask-node.ts";
import { type Command, EXIT, type Invocation } from "../command.ts";
import { type Check, checkMachine } from "../machine-checks.ts";
import { wrapText } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { span } from "../units.ts";
import { VERSION } from "../version.ts";

/** `godwit doctor`: what is wrong, and what to do. */
export const doctorCommand: Command = {
  name: "doctor",
  summary: "Check the machine and the node; say what is wrong and what to do",
  details:
    "Looks at the machine (runtime, open files, disk), at the store (does it answer, how far apart are the clocks), at versions, and at what went wrong in the node in the last ten minutes. Exit code 1 when there is a problem, 0 when there are warnings at most.",
  arguments: [],
  options: NODE_OPTIONS,
  examples: [{ line: "godwit doctor", meaning: "what is wrong?" }],
  run: doctor,
};

interface Examined {
  readonly node: NodeDetails;
  readonly health: Health;
}

async function doctor(invocation: Invocation, terminal: Terminal): Promise<number> {
  const folder = dataFolderOf(invocation, terminal.env);
  const examined = await withNode(invocation, terminal, async (ask): Promise<Examined> => {
    const [node, health] = await Promise.all([ask("node"), ask("health")]);
    return { node, health };
  }).catch(toError);
  const node = examined instanceof Error ? undefined : examined.node;
  const checks = [...(await checkMachine(folder, node?.pid)), ...aboutNode(examined)];
  const findings = examined instanceof Error ? [] : examined.health.findings;
  const ok = !checks.some(isProblem) && !findings.some(isProblem);
  if (invocation.json) terminal.out(JSON.stringify({ ok, checks, findings }));
  else terminal.out(render(checks, findings, ok, terminal));
  return ok ? EXIT.ok : EXIT.failed;
}

function aboutNode(examined: Examined | Error): readonly Check[] {
  if (examined instanceof Error) return [{ check: "node", severity: "problem", text: examined.message, advice: null }];
  const { node, health } = examined;
  return [
    {
      check: "node",
      severity: "ok",
      text: `${node.node} up ${span(Date.now() - node.startedAtMs)}${node.url === null ? "" : ` at ${node.url}`}`,
      advice: null,
    },
    ...aboutStore(health),
    aboutVersions(node),
  ];
}

/** A store that does not answer is a finding already. */
function aboutStore({ store }: Health): readonly Check[] {
  const { answeredInMs, clockAheadMs, description } = store;
  if (answeredInMs === null) return [];
  const clock = clockAheadMs === null ? "" : `, its clock ${Math.abs(clockAheadMs)} ms from ours`;
  return [
    { check: "store", severity: "ok", text: `${description} answered in ${answeredInMs} ms${clock}`, advice: null },
  ];
}

function aboutVersions({ version, workers, app }: NodeDetails): Check {
  const codes = [...new Set(workers.flatMap(({ codeVersion }) => codeVersion ?? []))];
  const text = `godwit ${version}, app code ${codes.join(" and ") || (app?.codeVersion ?? "unknown")}`;
  if (version !== VERSION) {
    const advice = `This command is godwit ${VERSION}: restart the node to upgrade it, or use the version that runs.`;
    return { check: "versions", severity: "warning", text, advice };
  }
  if (codes.length < 2) return { check: "versions", severity: "ok", text, advice: null };
  const advice = "Workers run different code: normal while a deploy is under way, else deploy again.";
  return { check: "versions", severity: "warning", text, advice };
}

function isProblem({ severity }: Pick<Check | Finding, "severity">): boolean {
  return severity === "problem";
}

const INDENT = "    ";

function render(checks: readonly Check[], findings: readonly Finding[], ok: boolean, terminal: Terminal): string {
  const { style } = terminal;
  const marks = { ok: style.green("✓"), warning: style.yellow("!"), problem: style.red("✗") };
  const wrapped = (text: string, indent: string) => wrapText(text, terminal.width - indent.length);
  const lines = checks.flatMap(({ severity, text, advice }) => {
    const [first = "", ...more] = wrapped(text, "  ");
    const said = [`${marks[severity]} ${first}`, ...more.map((line) => `  ${line}`)];
    return advice === null ? said : [...said, ...wrapped(advice, INDENT).map((line) => INDENT + style.dim(line))];
  });
  for (const { severity, text, advice, next, page } of findings) {
    const [first = "", ...more] = wrapped(text, "  ");
    lines.push("", `${marks[severity]} ${style.bold(first)}`, ...more.map((line) => `  ${style.bold(line)}`));
    lines.push(...wrapped(advice, INDENT).map((line) => INDENT + line));
    const ways = [next === null ? "" : style.cyan(next), page === null ? "" : style.dim(`docs/operate/${page}.md`)];
    const shown = ways.filter(Boolean).join("  ");
    if (shown !== "") lines.push(INDENT + shown);
  }
  const verdict = ok
    ? style.green(findings.length === 0 ? "Nothing is wrong." : "Nothing is broken; see the warnings.")
    : style.red("Something is wrong.");
  return [...lines, "", verdict].join("\n");
}
