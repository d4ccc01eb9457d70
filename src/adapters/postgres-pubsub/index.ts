export { PostgresPubSub, type PostgresPubSubOptions } from "./postgres-pubsub.ts";
