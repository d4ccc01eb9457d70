/**
 * Every setting of a node, in one table. Parsing, help screens, `godwit config` and docs/reference/configuration.md are made from it.
 * A value comes from its flag, else from its variable, else from its default.
 */
import { hostname } from "node:os";
import { SECOND } from "../../core/index.ts";
import type { NodeConfig } from "../../node/index.ts";
import {
  absolutePath,
  consoleToken,
  hidePassword,
  hostName,
  memoryLimit,
  milliseconds,
  nodeName,
  type Parser,
  pubSubAddress,
  secretToken,
  storeAddress,
  wholeNumber,
} from "./parsers.ts";

export interface Setting<Value> {
  /** `--flag VALUE` on the command line. A secret has none: every user of a machine can read the command lines of its processes. */
  readonly flag?: string;
  /** Given as the command's argument. */
  readonly isArgument?: true;
  readonly variable: string;
  readonly placeholder: string;
  readonly description: string;
  readonly parse: Parser<Value>;
  /** The default as one would write it, read by `parse`. */
  readonly defaultText: () => string;
  /** How the default is written in documents, where it depends on the machine. */
  readonly defaultMeaning?: string;
  /** How people see the value. Default: as text. */
  readonly show?: (value: Value) => string;
}

export type SettingName = keyof NodeConfig;

export type Settings = { readonly [Name in SettingName]: Setting<NodeConfig[Name]> };

/** A node name that any machine can have: what its host name holds of allowed characters. */
function defaultNodeName(): string {
  return (
    hostname()
      .replace(/[^A-Za-z0-9._-]/g, "-")
      .slice(0, 63) || "node"
  );
}

function showDuration(ms: number): string {
  return ms % SECOND === 0 ? `${ms / SECOND} s` : `${ms} ms`;
}

export const SETTINGS: Settings = {
  appPath: {
    isArgument: true,
    variable: "GODWIT_APP",
    placeholder: "APP",
    description: "The app file: a module that exports defineApp({ … }) as default.",
    parse: absolutePath,
    defaultText: () => "app.ts",
  },
  port: {
    flag: "port",
    variable: "GODWIT_PORT",
    placeholder: "PORT",
    description: "Port to listen on; 0 takes any free one.",
    parse: wholeNumber(0, 65_535),
    defaultText: () => "4000",
  },
  host: {
    flag: "host",
    variable: "GODWIT_HOST",
    placeholder: "HOST",
    description: "Address to listen on; 0.0.0.0 is reachable from other machines.",
    parse: hostName,
    defaultText: () => "127.0.0.1",
  },
  dataFolder: {
    flag: "data",
    variable: "GODWIT_DATA",
    placeholder: "FOLDER",
    description: "Folder for what must survive a restart. Created when it is not there.",
    parse: absolutePath,
    defaultText: () => "./data",
  },
  store: {
    flag: "store",
    variable: "GODWIT_STORE",
    placeholder: "URL",
    description: "sqlite (a file in the data folder), or the URL of a PostgreSQL database.",
    parse: storeAddress,
    defaultText: () => "sqlite",
    show: hidePassword,
  },
  workers: {
    flag: "workers",
    variable: "GODWIT_WORKERS",
    placeholder: "COUNT",
    description: "Worker processes: they run the app's code.",
    parse: wholeNumber(1, 256),
    defaultText: () => "1",
  },
  gateways: {
    flag: "gateways",
    variable: "GODWIT_GATEWAYS",
    placeholder: "COUNT",
    description: "Gateway processes on the port: they hold the sockets, some tens of thousands each.",
    parse: wholeNumber(1, 64),
    defaultText: () => "1",
  },
  pubsub: {
    flag: "pubsub",
    variable: "GODWIT_PUBSUB",
    placeholder: "URL",
    description:
      "What carries broadcasts and presences between nodes: auto (the store's database, where it is PostgreSQL), none, or the URL of a PostgreSQL database or a Redis server.",
    parse: pubSubAddress,
    defaultText: () => "auto",
    show: hidePassword,
  },
  nodeName: {
    flag: "node",
    variable: "GODWIT_NODE",
    placeholder: "NAME",
    description: "This node's name among the nodes that share a store.",
    parse: nodeName,
    defaultText: defaultNodeName,
    defaultMeaning: "the host's name",
  },
  apiToken: {
    variable: "GODWIT_API_TOKEN",
    placeholder: "TOKEN",
    description: "Bearer token of the HTTP API, at least 16 characters. Without it the API is off.",
    parse: secretToken,
    defaultText: () => "",
    defaultMeaning: "off",
    show: (token) => (token === undefined ? "off" : "set"),
  },
  consoleToken: {
    variable: "GODWIT_CONSOLE_TOKEN",
    placeholder: "TOKEN",
    description:
      "Opens the console at /console, at least 16 characters; open: nothing is asked, of this machine only. Without it the console is off.",
    parse: consoleToken,
    defaultText: () => "",
    defaultMeaning: "off",
    show: (token) => (token === undefined ? "off" : token === "open" ? "open" : "set"),
  },
  shutdownMs: {
    flag: "shutdown",
    variable: "GODWIT_SHUTDOWN",
    placeholder: "TIME",
    description: "How long a stop may take before what is still in hand is cut.",
    parse: milliseconds,
    defaultText: () => "30 seconds",
    show: showDuration,
  },
  blockedLimitMs: {
    flag: "blocked-limit",
    variable: "GODWIT_BLOCKED_LIMIT",
    placeholder: "TIME",
    description: "A worker whose event loop is blocked for so long is killed and started again.",
    parse: milliseconds,
    defaultText: () => "5 seconds",
    show: showDuration,
  },
  workerMemory: {
    flag: "worker-memory",
    variable: "GODWIT_WORKER_MEMORY",
    placeholder: "SIZE",
    description:
      "Memory that a worker may use before it is replaced: a size such as 512mb, auto (its share of the machine's or the container's), or off.",
    parse: memoryLimit,
    defaultText: () => "auto",
    show: (value) => (typeof value === "number" ? `${Math.round(value / 2 ** 20)} MiB` : value),
  },
  recycleGapMs: {
    variable: "GODWIT_RECYCLE_GAP",
    placeholder: "TIME",
    description: "Least time between two replacements for memory.",
    parse: milliseconds,
    defaultText: () => "1 minute",
    show: showDuration,
  },
};

export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS) as SettingName[];
