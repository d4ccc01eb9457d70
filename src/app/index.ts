export {
  type App,
  type AppOptions,
  defineApp,
  type FetchHandler,
  type HttpRoutes,
  isApp,
} from "./define-app.ts";
export type { AppManifest } from "./manifest.ts";
export type { AppServices, AskOptions, SendOptions } from "./services.ts";
