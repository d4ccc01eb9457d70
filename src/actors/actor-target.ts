import type { LaneRun, LaneTarget, RunOutcome } from "../lanes/index.ts";
import type { AnyActor } from "./definition.ts";
import { RunContext } from "./run-context.ts";
import { checkSchema } from "./schema.ts";
import type { ActorServices } from "./services.ts";

/** What runs an actor's messages in lanes. */
export function toLaneTarget(definition: AnyActor, services: ActorServices): LaneTarget {
  const { name, codec, retry, onDead, timeoutMs, concurrency, definedAt } = definition;
  const checkState = codec && ((state: unknown): unknown => codec.validate(state));
  return {
    stream: "in",
    name,
    retry,
    onDead,
    timeoutMs,
    concurrency,
    definedAt,
    ...(codec && { state: codec }),
    run(run: LaneRun): RunOutcome | Promise<RunOutcome> {
      const context = new RunContext(run, services);
      const ended = definition.receive(decode(definition, run), context);
      if (ended === undefined) return { kind: "done", effects: context.finish(checkState) };
      return Promise.resolve(ended).then(
        () => ({ kind: "done", effects: context.finish(checkState) }),
        (thrown) => {
          context.close();
          throw thrown;
        },
      );
    },
  };
}

function decode(definition: AnyActor, { message }: LaneRun): unknown {
  const value: unknown = JSON.parse(message.body);
  return definition.message ? checkSchema(definition.message, value, `message to ${definition.name}`) : value;
}
