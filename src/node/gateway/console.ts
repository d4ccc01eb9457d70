/** The console of a node, put together: its door, its socket, its feed. */
import { type ChannelServer, createChannelServer } from "../../adapters/bun/index.ts";
import { type ChannelEntry, ChannelGateway } from "../../channels/index.ts";
import type { Clock, Events } from "../../core/index.ts";
import { createConsoleAccess } from "./console-access.ts";
import { CONSOLE_PATH, createConsoleDoor } from "./console-door.ts";
import { ConsoleFeed } from "./console-feed.ts";
import { watchMarks } from "./console-marks.ts";
import { CONSOLE_TOPIC, type ConsoleSource } from "./console-protocol.ts";
import type { HttpDoor } from "./http-server.ts";

export interface ConsoleOptions {
  /** Unique among all gateways. No `.` in it. */
  readonly gatewayId: string;
  /** As the setting `consoleToken`; undefined: off. */
  readonly token: string | undefined;
  readonly source: ConsoleSource;
  /** Where the bundled page is kept. */
  readonly folder: string;
  readonly clock: Clock;
  readonly events: Events;
}

export interface Console {
  readonly door: HttpDoor;
  /** Undefined when the console is off. */
  readonly channels: ChannelServer | undefined;
  /** Begins to tell. Safe twice. */
  start(): void;
  /** Closes its sockets. Safe twice, and before `start`. */
  stop(): Promise<void>;
}

/** People, not programs: a page each, and a few tabs. */
const MAX_CONNECTIONS = 100;

/** A page of rows with their bodies may be some megabytes for a reader on a phone. */
const MAX_QUEUE_BYTES: number = 16 * 1024 * 1024;

const ENTRY: ChannelEntry = { pattern: CONSOLE_TOPIC, history: null, presence: false, intercepts: [] };

export function createConsole(options: ConsoleOptions): Console {
  const { clock, events, source, folder } = options;
  const access = createConsoleAccess(options.token, clock);
  const feed = new ConsoleFeed({ source, access, clock, events });
  const door = createConsoleDoor({ access, folder, onLogout: (sessionId) => feed.end(sessionId) });
  if (access.mode === "off") return { door, channels: undefined, start: () => {}, stop: async () => {} };
  const gateway = new ChannelGateway({
    gatewayId: `${options.gatewayId}-console`,
    manifest: { authorizesConnect: true, channels: [ENTRY] },
    backend: feed.backend,
    clock,
    events,
    limits: { maxConnections: MAX_CONNECTIONS, messagesPerSecond: 100, maxQueueBytes: MAX_QUEUE_BYTES },
  });
  let stopMarks = () => {};
  return {
    door,
    channels: createChannelServer({ gateway, mount: `${CONSOLE_PATH}/socket` }),
    start: () => {
      stopMarks();
      stopMarks = watchMarks(events, (mark) => feed.mark(mark));
      feed.start(gateway);
    },
    stop: async () => {
      stopMarks();
      feed.stop();
      await gateway.drain(0);
    },
  };
}
