import { SECOND } from "../core/index.ts";

/** The bounds of one worker's lanes. Every queue in `lanes/` ends at one of these. */
export interface LaneLimits {
  /** Messages read and not yet handled, over all lanes. */
  readonly memoryMessages: number;
  /** Their bytes, states of busy lanes included. */
  readonly memoryBytes: number;
  /** Messages of one lane in memory; past it the lane spills to its backlog. */
  readonly laneMessages: number;
  /** Messages read at most from one stream at a time. */
  readonly readBatch: number;
  /** How far beyond its cursor a stream is read, in messages. */
  readonly windowMessages: number;
  /** Handled messages that one commit gathers; past it no message starts until a commit has ended. */
  readonly commitMessages: number;
  /** The same in bytes of effects and states. */
  readonly commitBytes: number;
  /** States kept in memory for lanes that have nothing to do, bytes. */
  readonly idleStateBytes: number;
  /** Messages that a lane may handle before another ready lane has its turn. */
  readonly turnMessages: number;
  /** The event loop is given back after this long, ms. */
  readonly sliceMs: number;
  /** Handlers running at once in this worker, over all targets. */
  readonly concurrency: number;
  /** Streams are looked at this often even when nobody wakes us, ms. Idle streams up to four times less often. */
  readonly pollIntervalMs: number;
  /** A lease that is not renewed for this long may be taken over, ms. It is renewed every third of it. */
  readonly leaseTtlMs: number;
  /** Timers fired at most at a time, and the pause after that, so that a long downtime is not followed by a stampede. */
  readonly timersPerTick: number;
  readonly timerTickMs: number;
  /** A state's JSON text, UTF-16 units. */
  readonly stateLength: number;
}

export const DEFAULT_LANE_LIMITS: LaneLimits = {
  memoryMessages: 20_000,
  memoryBytes: 64 * 1_048_576,
  laneMessages: 1_000,
  readBatch: 1_000,
  windowMessages: 100_000,
  commitMessages: 2_000,
  commitBytes: 8 * 1_048_576,
  idleStateBytes: 64 * 1_048_576,
  turnMessages: 16,
  sliceMs: 5,
  concurrency: 1_000,
  pollIntervalMs: 500,
  leaseTtlMs: 10 * SECOND,
  timersPerTick: 500,
  timerTickMs: 100,
  stateLength: 1_048_576,
};
