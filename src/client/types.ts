/** What a typed client infers from a channel's definition. Types only: nothing of the server is in a client's bundle. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { ChannelDefinition, TopicOf } from "../channels/index.ts";

/** A payload that no schema describes. */
export type Payload = Readonly<Record<string, unknown>>;

/** Any channel: what `typeof room` extends, and what an untyped client gets. */
export type AnyChannel = Pick<ChannelDefinition<string, unknown, unknown, unknown>, "kind" | "pattern" | "types">;

type TypesOf<D extends AnyChannel> = NonNullable<D["types"]>;
type Input<S> = S extends StandardSchemaV1 ? StandardSchemaV1.InferInput<S> : Payload;
type Output<S> = S extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<S> : Payload;
type Loose<Known> = unknown extends Known ? string : keyof Known & string;

/** Topics that the channel takes. */
export type TopicIn<D extends AnyChannel> = TopicOf<D["pattern"]>;
/** What a join must bring. */
export type ParamsIn<D extends AnyChannel> = Input<TypesOf<D>["params"]>;
/** Events that the channel has handlers for. */
export type PushEvent<D extends AnyChannel> = Loose<TypesOf<D>["replies"]>;
/** What a push of `E` must bring. */
export type PushPayload<D extends AnyChannel, E> = E extends keyof TypesOf<D>["events"]
  ? Input<TypesOf<D>["events"][E]>
  : Payload | Uint8Array;
/** What a push of `E` is answered with. */
export type PushReply<D extends AnyChannel, E> = E extends keyof TypesOf<D>["replies"]
  ? ReplyTo<Awaited<TypesOf<D>["replies"][E]>>
  : Payload;
/** A handler that returns nothing is answered with an empty object. */
// biome-ignore lint/suspicious/noConfusingVoidType: it is what such a handler's type says.
type ReplyTo<R> = [R] extends [void] ? Payload : R;
/** What a listener of `E` is given: as the channel's schema for that event says, where it has one. */
export type EventPayload<D extends AnyChannel, E> = E extends keyof TypesOf<D>["events"]
  ? Output<TypesOf<D>["events"][E]>
  : Payload;
