import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { misspeltVariables, resolveConfig, showSetting } from "./resolve.ts";
import { SETTING_NAMES, SETTINGS } from "./settings.ts";

describe("the configuration in force", () => {
  test("is complete by defaults alone", () => {
    const { config, sources } = resolveConfig({}, {});
    expect(config).toEqual({
      appPath: join(process.cwd(), "app.ts"),
      port: 4000,
      host: "127.0.0.1",
      dataFolder: join(process.cwd(), "data"),
      store: "sqlite",
      workers: 1,
      nodeName: expect.stringMatching(/^[A-Za-z0-9._-]{1,63}$/),
      gateways: 1,
      pubsub: "auto",
      apiToken: undefined,
      consoleToken: undefined,
      shutdownMs: 30_000,
      blockedLimitMs: 5_000,
      workerMemory: "auto",
      recycleGapMs: 60_000,
    });
    expect(new Set(Object.values(sources).map(({ kind }) => kind))).toEqual(new Set(["default"]));
  });

  test("takes a flag before a variable before a default, and says which it was", () => {
    const { config, sources } = resolveConfig(
      { port: "1" },
      { GODWIT_PORT: "2", GODWIT_WORKERS: "3", GODWIT_HOST: "" },
    );
    expect(config).toMatchObject({ port: 1, workers: 3, host: "127.0.0.1" });
    expect(sources.port).toEqual({ kind: "flag", name: "--port" });
    expect(sources.workers).toEqual({ kind: "variable", name: "GODWIT_WORKERS" });
    expect(sources.host).toEqual({ kind: "default" });
  });

  test.each([
    [{ port: "65536" }, {}, '--port: expected a whole number from 0 to 65535, received "65536"'],
    [{ port: "1e3" }, {}, "--port: expected a whole number"],
    [{ port: "" }, {}, '--port: expected a whole number from 0 to 65535, received ""'],
    [{}, { GODWIT_WORKERS: "0" }, 'GODWIT_WORKERS: expected a whole number from 1 to 256, received "0"'],
    [{ host: "a b" }, {}, "--host: expected a host name or an IP address"],
    [{ nodeName: "a/b" }, {}, "--node: expected a name of 1 to 63 letters"],
    [{ shutdownMs: "soon" }, {}, '--shutdown: expected milliseconds or a text such as "10 minutes", received "soon"'],
    [{ dataFolder: "" }, {}, "--data: expected a path"],
    [{ store: "mysql://host/db" }, {}, "--store: expected `sqlite` or a URL such as postgres://"],
    [{ store: "postgres:/db" }, {}, "--store: expected"],
    [{ pubsub: "kafka://host" }, {}, "--pubsub: expected `auto`, `none` or a URL such as redis://"],
    [{ gateways: "0" }, {}, '--gateways: expected a whole number from 1 to 64, received "0"'],
  ])("refuses %j %j, naming where the value came from", (given, env, message) => {
    expect(() => resolveConfig(given, env)).toThrow(message);
  });

  test("never shows a password, not even that of an address it refuses", () => {
    const { config } = resolveConfig({ store: "postgres://user:secret@db:5432/app" }, {});
    expect(config.store).toContain("secret");
    expect(showSetting(config, "store")).toBe("postgres://user:***@db:5432/app");
    expect(() => resolveConfig({ store: "mysql://user:secret@db/app" }, {})).toThrow("mysql://user:***@db/app");
    const redis = resolveConfig({ pubsub: "redis://:secret@cache:6379" }, {}).config;
    expect(showSetting(redis, "pubsub")).toBe("redis://:***@cache:6379");
  });

  test("never shows a token, nor repeats one it refuses", () => {
    const { config } = resolveConfig({}, { GODWIT_API_TOKEN: "correct-horse-battery" });
    expect([config.apiToken, showSetting(config, "apiToken")]).toEqual(["correct-horse-battery", "set"]);
    const refused = () => resolveConfig({}, { GODWIT_API_TOKEN: "hunter2" });
    expect(refused).toThrow("GODWIT_API_TOKEN: expected 16 to 256 printable characters");
    expect(refused).not.toThrow("hunter2");
  });

  test("reads times with and without a unit", () => {
    expect(resolveConfig({ shutdownMs: "1500" }, {}).config.shutdownMs).toBe(1_500);
    const { config } = resolveConfig({ shutdownMs: "2 minutes" }, {});
    expect([config.shutdownMs, showSetting(config, "shutdownMs")]).toEqual([120_000, "120 s"]);
  });
});

describe("the table of settings", () => {
  test("names each flag and each variable once, variables by their flags", () => {
    const flags = SETTING_NAMES.flatMap((name) => SETTINGS[name].flag ?? []);
    const variables = SETTING_NAMES.map((name) => SETTINGS[name].variable);
    expect(new Set(flags).size).toBe(flags.length);
    expect(new Set(variables).size).toBe(variables.length);
    for (const name of SETTING_NAMES) {
      const { flag, variable } = SETTINGS[name];
      if (flag !== undefined) expect(variable).toBe(`GODWIT_${flag.toUpperCase().replaceAll("-", "_")}`);
    }
  });

  test("suspects only variables that look like a misspelt one", () => {
    const env = { GODWIT_PROT: "1", GODWIT_PORT: "1", GODWIT_TELEGRAM_TOKEN: "x", GODWIT_URL: "x", PROT: "1" };
    expect(misspeltVariables(env)).toEqual([["GODWIT_PROT", "GODWIT_PORT"]]);
  });
});
