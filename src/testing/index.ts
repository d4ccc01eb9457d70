export { type Behaviour, FakeProvider, type ReceivedRequest } from "./fake-provider.ts";
export { type PubSubFixture, pubSubContract } from "./pubsub-contract.ts";
export {
  describeService,
  requireService,
  SERVICE_NAMES,
  type Service,
  type ServiceName,
  serviceTitle,
  serviceVariable,
} from "./services.ts";
export { storeContract } from "./store-contract.ts";
export type { CreateFixture, StoreFixture } from "./store-contract-fixture.ts";
