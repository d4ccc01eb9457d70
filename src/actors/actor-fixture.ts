import type { CommittedBroadcast, LaneRuntime } from "../lanes/index.ts";
import { LaneWorld } from "../lanes/lane-fixture.ts";
import type { MessageMeta } from "../store/index.ts";
import { type Addressing, type AnyActor, Asker, messageRequest, toLaneTarget } from "./index.ts";

/** A worker with actors, on a store in memory and a clock that stands still. */
export class ActorWorld implements AsyncDisposable {
  readonly lanes: LaneWorld;
  readonly asker: Asker;
  readonly broadcasts: CommittedBroadcast[] = [];
  readonly #addressing: Addressing;
  #worker: LaneRuntime | undefined;

  private constructor(lanes: LaneWorld, actors: readonly AnyActor[]) {
    this.lanes = lanes;
    const byName = new Map(actors.map((definition) => [definition.name, definition]));
    this.#addressing = { shardCount: lanes.store.shardCount, actor: (name) => byName.get(name) };
    this.asker = new Asker({
      ...this.#addressing,
      process: "p1",
      clock: lanes.clock,
      events: lanes.events,
      append: (requests) => this.append(requests),
    });
  }

  static async open(actors: readonly AnyActor[]): Promise<ActorWorld> {
    const lanes = await LaneWorld.open();
    const world = new ActorWorld(lanes, actors);
    const services = {
      ...world.#addressing,
      events: lanes.events,
      wallMs: () => lanes.clock.wallMs(),
      keepsHistory: (topic: string) => topic.startsWith("kept:"),
      ask: world.asker.ask.bind(world.asker),
      query: lanes.store.query.bind(lanes.store),
    };
    world.#worker = await lanes.worker(
      actors.map((definition) => toLaneTarget(definition, services)),
      {
        onCommitted: {
          broadcasts: (list) => world.broadcasts.push(...list),
          replies: (list) => {
            for (const reply of list) world.asker.answered(reply);
          },
          grown: () => {},
        },
      },
    );
    return world;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lanes[Symbol.asyncDispose]();
  }

  async send(to: AnyActor | string, key: string, message: unknown, meta?: MessageMeta): Promise<void> {
    await this.append([messageRequest({ to, key, message, ...(meta && { meta }) }, this.#addressing)]);
  }

  async append(requests: Parameters<LaneWorld["append"]>[0]): Promise<void> {
    await this.lanes.append(requests);
    this.#worker?.wake(requests.map(({ shard }) => shard));
  }

  /** The error of the only dead letter. */
  async death(): Promise<{ readonly code?: string; readonly message: string }> {
    await this.lanes.until(async () => (await this.lanes.deadLetters()).length > 0, 1_000);
    const { rows } = await this.lanes.store.deadLetters({}, { limit: 1 });
    return JSON.parse(rows[0]?.error ?? "null");
  }
}
