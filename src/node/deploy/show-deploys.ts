/** Deploys as those see them who watch the node's topic: pages under development among them. */
import { basename } from "node:path";
import type { Events } from "../../core/index.ts";
import { AppLoadError } from "../app-load-error.ts";
import type { DeployState } from "../gateway/system-topics.ts";

export function showDeploys(events: Events, show: (state: DeployState) => void): void {
  events.on("deploy.started", ({ release }) => show({ state: "loading", release }));
  events.on("deploy.finished", ({ release }) => show({ state: "serving", release }));
  events.on("deploy.failed", ({ release, error }) => {
    show({ state: "failed", release, message: error.message, ...placeOf(error) });
  });
}

/** The file's name only: watchers need not know where it lies. */
function placeOf(error: Error): Pick<DeployState, "place" | "lineText"> {
  if (!(error instanceof AppLoadError)) return {};
  const { file, line, column, lineText } = error.failure;
  if (file === undefined) return {};
  const place = [basename(file), line, column].filter((part) => part !== undefined).join(":");
  return { place, ...(lineText !== undefined && { lineText }) };
}
