import { describe, expect, test } from "bun:test";
import { ConfigError, GodwitError, InvalidInputError } from "../core/index.ts";
import { type Command, EXIT, type Invocation } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { nearest } from "./nearest.ts";
import { runCli } from "./run-cli.ts";
import { createStyle } from "./style.ts";
import { type Terminal, wantsColor } from "./terminal.ts";

/** A terminal that keeps what was written to it. */
function recordingTerminal(env: Terminal["env"] = {}, width = 80) {
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    env,
    width,
    style: createStyle(false),
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
  };
  return { terminal, stdout: () => out.join("\n"), stderr: () => err.join("\n") };
}

async function run(line: string, commands: readonly Command[] = COMMANDS, env: Terminal["env"] = {}) {
  const recorded = recordingTerminal(env);
  const code = await runCli(commands, line === "" ? [] : line.split(" "), recorded.terminal);
  return { code, stdout: recorded.stdout(), stderr: recorded.stderr() };
}

function command(invoke: (invocation: Invocation) => void): Command {
  return {
    name: "probe",
    summary: "Try it",
    arguments: [{ name: "FILE", description: "What to read.", required: false }],
    options: [
      { name: "limit", short: "l", placeholder: "COUNT", description: "At most so many." },
      { name: "all", description: "Everything." },
    ],
    examples: [],
    run: async (invocation) => {
      invoke(invocation);
      return EXIT.ok;
    },
  };
}

describe("a command line", () => {
  test.each([
    ["probe", [], {}, []],
    ["probe a.ts --limit 3", ["a.ts"], { limit: "3" }, []],
    ["probe --limit=3 a.ts --all", ["a.ts"], { limit: "3" }, ["all"]],
    ["probe -l 3", [], { limit: "3" }, []],
    ["probe -- --all", ["--all"], {}, []],
    ["probe --limit=--all", [], { limit: "--all" }, []],
    ["probe --json", [], {}, ["json"]],
  ])("%j is decoded", async (line, args, values, switches) => {
    let received: Invocation | undefined;
    const { code, stderr } = await run(line, [
      command((invocation) => {
        received = invocation;
      }),
    ]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(received).toEqual({ arguments: args, values, switches: new Set(switches), json: line.includes("--json") });
  });

  test.each([
    ["prob", "there is no command prob; did you mean probe?", "godwit help"],
    ["--porbe", "there is no option --porbe", "godwit help"],
    ["probe --limt 3", "there is no option --limt; did you mean --limit?", "godwit probe --help"],
    ["probe -x", "there is no option -x", "godwit probe --help"],
    ["probe --limit", "--limit needs a value: --limit COUNT", "godwit probe --help"],
    ["probe --limit --all", "--limit needs a value", "godwit probe --help"],
    ["probe --all=yes", '--all takes no value, received "yes"', "godwit probe --help"],
    ["probe a b", 'unexpected argument "b"', "godwit probe --help"],
    ["new", "NAME is missing", "godwit new --help"],
  ])("%j is refused with exit code 2, and says where to look", async (line, message, screen) => {
    const { code, stdout, stderr } = await run(line, [command(() => expect.unreachable()), ...COMMANDS]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(`godwit: ${message}`);
    expect(stderr).toContain(screen);
  });
});

describe("a failing command", () => {
  const failing = (error: Error): Command => ({ ...command(() => {}), run: () => Promise.reject(error) });

  test("is one clear line and exit code 1 when a person can put it right", async () => {
    const { code, stdout, stderr } = await run("probe", [failing(new ConfigError("port 4000 is in use"))]);
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: "", stderr: "godwit: port 4000 is in use" });
  });

  test("is exit code 2 when a value that was given is wrong", async () => {
    const { code, stderr } = await run("probe", [failing(new InvalidInputError("--port", "a number", "x"))]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'godwit: --port: expected a number, received "x"' });
  });

  test("shows the stack of what nobody foresaw", async () => {
    const { code, stderr } = await run("probe", [failing(new TypeError("x is not a function"))]);
    expect(code).toBe(1);
    expect(stderr).toContain("run-cli.test.ts");
    expect(stderr).toContain("please report it");
  });

  test("shows the lines around the place that an app file is at fault", async () => {
    const failure = { file: import.meta.path, line: 1, column: 10 };
    const error = Object.assign(new GodwitError("app_load_failed", "no such thing"), { failure });
    const { code, stderr } = await run("probe", [failing(error)]);
    expect(code).toBe(1);
    expect(stderr.split("\n").slice(0, 4)).toEqual([
      "godwit: no such thing",
      expect.stringMatching(/^ {2}at .*run-cli\.test\.ts:1:10$/),
      '› 1 │ import { describe, expect, test } from "bun:test";',
      "    │          ^",
    ]);
  });

  test("names the app file alone when no line is known", async () => {
    const error = Object.assign(new GodwitError("app_load_failed", "exports no app"), {
      failure: { file: "/srv/app.ts" },
    });
    const { stderr } = await run("probe", [failing(error)]);
    expect(stderr).toMatch(/^godwit: exports no app\n {2}in .*srv\/app\.ts$/);
  });

  test("is JSON on stderr with --json", async () => {
    const { code, stdout, stderr } = await run("probe --json", [failing(new ConfigError("no"))]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(JSON.parse(stderr)).toEqual({ error: { code: "config", message: "no" } });
    expect(JSON.parse((await run("nope --json")).stderr).error.code).toBe("usage");
  });
});

describe("help", () => {
  test.each(["", "help", "--help", "-h"])("%j lists every command", async (line) => {
    const { code, stdout } = await run(line);
    expect(code).toBe(0);
    for (const { name, summary } of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name}\\b.* ${summary}$`, "m"));
  });

  test("of each command names all its options, in lines that fit the terminal", async () => {
    for (const { name, options } of COMMANDS) {
      const { code, stdout } = await run(`${name} --help`);
      expect(code).toBe(0);
      expect(stdout).toBe((await run(`help ${name}`)).stdout);
      for (const option of options) expect(stdout).toContain(`--${option.name}`);
      for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    }
  });
});

describe("colours", () => {
  test.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: "1" }, true, false],
    [{ NO_COLOR: "" }, true, true],
    [{ NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "0" }, false, false],
    [{ TERM: "dumb" }, true, false],
  ])("with %j on a terminal (%j): %j", (env: Terminal["env"], isTty, expected) => {
    expect(wantsColor(env, isTty)).toBe(expected);
  });
});

describe("the nearest word", () => {
  test.each([
    ["strat", "start"],
    ["confg", "config"],
    ["verison", "version"],
    ["xyz", undefined],
    ["", undefined],
  ])("to %j is %j", (word, expected) => {
    expect(nearest(word, ["start", "config", "version"])).toBe(expected as string);
  });
});
