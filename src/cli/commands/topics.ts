import type { TopicDetails, TopicRow } from "../../inspect/index.ts";
import { facts, fitTable, given, NODE_OPTIONS, PAGE_OPTIONS, showListing, withNode } from "../ask-node.ts";
import { type Command, EXIT } from "../command.ts";
import type { Terminal } from "../terminal.ts";
import { count, plural } from "../units.ts";

/** `godwit topics`: who listens where. */
export const topicsCommand: Command = {
  name: "topics",
  summary: "Show the topics that sockets have joined, and who is present",
  arguments: [
    { name: "TOPIC", description: "Show one: its subscribers, who is present, its history.", required: false },
  ],
  options: [
    { name: "prefix", placeholder: "TEXT", description: "Topics that begin with it." },
    ...PAGE_OPTIONS,
    ...NODE_OPTIONS,
  ],
  examples: [{ line: "godwit topics --prefix room:", meaning: "rooms that somebody is in" }],
  run: (invocation, terminal) =>
    withNode(invocation, terminal, async (ask) => {
      const [topic] = invocation.arguments;
      if (topic === undefined) {
        const filter = given(invocation, ["prefix", "limit", "after"]);
        showListing(await ask("topics.list", filter), invocation, terminal, {
          command: `topics${filter.prefix === undefined ? "" : ` --prefix ${filter.prefix}`}`,
          none: "Nobody has joined anything.",
          render: (rows) => renderTopics(rows, terminal),
        });
      } else {
        const details = await ask("topics.show", { topic });
        terminal.out(invocation.json ? JSON.stringify(details) : renderTopic(details, terminal));
      }
      return EXIT.ok;
    }),
};

function renderTopics(rows: readonly TopicRow[], terminal: Terminal): string {
  return fitTable(
    terminal,
    ["subscribers", "history", "topic"],
    rows.map(({ topic, subscribers, keepsHistory }) => [count(subscribers), keepsHistory ? "kept" : "none", topic]),
  );
}

function renderTopic(
  { topic, subscribers, presences, presentKeys, history }: TopicDetails,
  terminal: Terminal,
): string {
  const { style } = terminal;
  const names = Object.entries(presences).map(([key, times]) => (times === 1 ? key : `${key} ×${times}`));
  const more = presentKeys > names.length ? style.dim(` and ${count(presentKeys - names.length)} more`) : "";
  return `${style.bold(topic)}\n${facts(terminal, [
    ["subscribers", plural(subscribers, "socket")],
    ["present", names.length === 0 ? style.dim("nobody") : `${names.join(", ")}${more}`],
    ["history", history ? `${history.first} to ${history.last}` : style.dim("none")],
  ])}`;
}
