/** Runs a node in the foreground, from its start to its exit code. */
import { type Clock, ConfigError, toError } from "../core/index.ts";
import type { NodeConfig, RunningNode } from "../node/index.ts";
import { EXIT } from "./command.ts";
import { type SignalSource, type StopSignals, watchStopSignals } from "./stop-signals.ts";

export interface NodeRun {
  readonly config: NodeConfig;
  startNode(config: NodeConfig): Promise<RunningNode>;
  /** The node is ready. */
  onReady(node: RunningNode): void;
  /** The node was asked to stop, or forced to. */
  onStopping(why: string): void;
  readonly signals: SignalSource;
  readonly clock: Clock;
}

/**
 * Starts the node and waits until it ends: by itself, or after SIGINT or SIGTERM, within `shutdownMs`. Resolves with the exit code.
 * @throws whatever `startNode` throws; ConfigError in plain words where the system refused the port.
 */
export async function runNode(run: NodeRun): Promise<number> {
  using signals = watchStopSignals(run.signals, run.clock);
  const node = await run.startNode(run.config).catch((thrown: unknown) => {
    throw explainListenError(toError(thrown), run.config);
  });
  run.onReady(node);
  const end = await Promise.race([node.exited, signals.stopping]);
  return typeof end === "number" ? end : await stop(node, signals, run);
}

async function stop(node: RunningNode, signals: StopSignals, run: NodeRun): Promise<number> {
  const { shutdownMs } = run.config;
  run.onStopping(`stopping: what is in hand is finished first, within ${shutdownMs / 1_000} s; a second signal forces`);
  const deadline = Promise.withResolvers<"late">();
  const timer = run.clock.after(shutdownMs, () => deadline.resolve("late"));
  const stopped = node.stop().then(() => node.exited);
  const end = await Promise.race([stopped, deadline.promise, signals.forced.then(() => "forced" as const)]);
  timer.cancel();
  if (typeof end === "number") return end;
  const cut = node.unfinished().join(", ") || "nothing but the rest of the stop itself";
  run.onStopping(`${end === "late" ? `not done within ${shutdownMs / 1_000} s` : "forced"}; cut: ${cut}`);
  return EXIT.failed;
}

/** The system's own words for a refused port do not say what to do. */
function explainListenError(error: Error, { host, port }: NodeConfig): Error {
  switch (systemCode(error)) {
    case "EADDRINUSE":
      return new ConfigError(`port ${port} is in use on ${host}; choose another with --port`, error);
    case "EADDRNOTAVAIL":
      return new ConfigError(`this machine has no address ${host}; choose another with --host`, error);
    default:
      return error;
  }
}

function systemCode(error: Error): string | undefined {
  const { code } = error as { code?: unknown };
  if (typeof code === "string" && /^E[A-Z]+$/.test(code)) return code;
  return error.cause instanceof Error ? systemCode(error.cause) : undefined;
}
