export { type CanaryRule, type CanaryVerdict, judgeCanary } from "./canary-rule.ts";
export { canaryShards, isOnCanary } from "./canary-share.ts";
export { type LatencyCounts, LatencyHistogram } from "./latency.ts";
export { type WorkSample, WorkStats, type WorkSummary } from "./work-stats.ts";
