/** What an app file imports. Parts of the house that stand alone have subpaths: `godwit/connectors`, `godwit/supervision`, … */
export { actor } from "./actors/index.ts";
export {
  type App,
  type AppOptions,
  type AppServices,
  type AskOptions,
  defineApp,
  type SendOptions,
} from "./app/index.ts";
export { channel, defineSocket } from "./channels/index.ts";
export { BusyError, ConfigError, DeadlineError, type Duration, GodwitError, InvalidInputError } from "./core/index.ts";
