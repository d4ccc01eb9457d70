export {
  describeService,
  requireService,
  SERVICE_NAMES,
  type Service,
  type ServiceName,
  serviceTitle,
  serviceVariable,
} from "./services.ts";
