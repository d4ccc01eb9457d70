/** An app: everything that a user defined, as one value. Data and handlers only; nothing runs until a node loads it. */
import type { AnyActor } from "../actors/index.ts";
import type { ChannelDefinition, SocketDefinition } from "../channels/index.ts";
import type { ConnectorDefinition } from "../connectors/index.ts";
import { ConfigError, InvalidInputError } from "../core/index.ts";
import type { AppServices } from "./services.ts";

/** Anything with a `fetch`, such as a Hono app. */
export interface FetchHandler {
  fetch(request: Request): Response | Promise<Response>;
}

/** The user's HTTP routes: a handler, or a function that makes one from what routes may call. They run in the worker. */
export type HttpRoutes = FetchHandler | ((services: AppServices) => FetchHandler);

export interface AppOptions {
  /** For people: banner, console. Default `app`. */
  readonly name?: string;
  readonly actors?: readonly AnyActor[];
  readonly channels?: readonly ChannelDefinition[];
  /** Who may open a socket. Default: everybody. */
  readonly socket?: SocketDefinition;
  readonly connectors?: readonly ConnectorDefinition[];
  readonly http?: HttpRoutes;
  /** URL path → HTML file, relative to the app file. Bundled at start, served by the gateway. */
  readonly pages?: Readonly<Record<string, string>>;
  /** SQL run once each, in order, before the app starts: the tables that `ctx.sql` writes. */
  readonly setup?: readonly string[];
  /**
   * Lets any socket watch the way of messages on the system topics `godwit:flow:<actor>:<key>` and `godwit:node`: ids, sequence
   * numbers, workers, times, never bodies. For demos and development. Default false.
   */
  readonly inspect?: boolean;
  /** Lines that `godwit start` prints below its banner; `{url}` stands for the node's URL. */
  readonly tryThis?: readonly string[];
}

const APP: unique symbol = Symbol.for("godwit.app");

export interface App extends Required<Omit<AppOptions, "http" | "socket">> {
  readonly [APP]: true;
  readonly http: HttpRoutes | undefined;
  readonly socket: SocketDefinition | undefined;
}

/**
 * Puts an app together; the app file exports the result as default.
 * @throws InvalidInputError when an option is of the wrong shape; ConfigError when two definitions share a name, or a connector's `to`
 *   is none of the app's actors.
 */
export function defineApp(options: AppOptions): App {
  if (typeof options !== "object" || options === null)
    throw new InvalidInputError("defineApp", "an object of options", options);
  const app: App = {
    [APP]: true,
    name: options.name ?? "app",
    actors: list("actors", options.actors),
    channels: list("channels", options.channels),
    socket: options.socket,
    connectors: list("connectors", options.connectors),
    http: options.http,
    pages: options.pages ?? {},
    setup: list("setup", options.setup),
    inspect: options.inspect ?? false,
    tryThis: list("tryThis", options.tryThis),
  };
  requireKnownOptions(options, app);
  requireUnique(
    "actors",
    app.actors.map((actor) => actor.name),
  );
  requireUnique(
    "channels",
    app.channels.map((channel) => channel.pattern),
  );
  requireUnique(
    "connectors",
    app.connectors.map((connector) => connector.name),
  );
  requireReceivers(app);
  return Object.freeze(app);
}

/** Is this what `defineApp` returned? True across copies of the package. */
export function isApp(value: unknown): value is App {
  return typeof value === "object" && value !== null && (value as { [APP]?: unknown })[APP] === true;
}

function list<T>(path: string, value: readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new InvalidInputError(`defineApp.${path}`, "an array", value);
  return value;
}

function requireKnownOptions(options: AppOptions, app: App): void {
  for (const key of Object.keys(options)) {
    if (!(key in app)) throw new InvalidInputError(`defineApp.${key}`, `one of ${Object.keys(app).join(", ")}`, key);
  }
}

function requireUnique(kind: string, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new ConfigError(`two ${kind} are called ${JSON.stringify(twice)}; their names must differ`);
}

function requireReceivers(app: App): void {
  const actors = new Set(app.actors.map((actor) => actor.name));
  for (const connector of app.connectors) {
    if (!actors.has(connector.to)) {
      throw new ConfigError(
        `connector ${connector.name} sends to the actor ${JSON.stringify(connector.to)}, which is not among the app's actors`,
      );
    }
  }
}
