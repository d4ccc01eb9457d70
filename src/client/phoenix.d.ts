/** The parts of the npm client `phoenix` that are used here; it ships no types. */
declare module "phoenix" {
  export interface Push {
    /** False while it waits for the channel to be joined. */
    readonly sent: boolean;
    receive(status: string, callback: (response: Record<string, unknown>) => void): this;
  }
  export class Channel {
    readonly topic: string;
    readonly state: string;
    join(timeoutMs?: number): Push;
    leave(timeoutMs?: number): Push;
    push(event: string, payload: object, timeoutMs?: number): Push;
    on(event: string, callback: (payload: never, ref: string | null, joinRef: string) => void): number;
    onError(callback: (reason: unknown) => void): void;
    onClose(callback: (payload: unknown) => void): void;
    off(event: string, ref?: number): void;
    /** Sees every message of the topic before its listeners, and gives what they get. Meant to be replaced. */
    onMessage(event: string, payload: unknown, ref: string | null): unknown;
    /** What waits for the channel to be joined. */
    readonly pushBuffer: readonly unknown[];
  }
  export interface SocketOptions {
    readonly transport?: unknown;
    readonly params?: object | (() => object);
    readonly authToken?: string | (() => string);
    readonly vsn?: string;
    readonly timeout?: number;
    readonly heartbeatIntervalMs?: number;
    readonly reconnectAfterMs?: (tries: number) => number;
    readonly rejoinAfterMs?: (tries: number) => number;
    readonly longPollFallbackMs?: number;
  }
  export class Socket {
    constructor(endpoint: string, options?: SocketOptions);
    connect(): void;
    disconnect(callback?: () => void, code?: number, reason?: string): void;
    isConnected(): boolean;
    channel(topic: string, params?: object | (() => object)): Channel;
    onOpen(callback: () => void): void;
    onClose(callback: (event: { readonly code: number; readonly reason: string }) => void): void;
    onError(callback: (error: unknown) => void): void;
    onMessage(
      callback: (message: { readonly topic: string; readonly event: string; readonly payload: unknown }) => void,
    ): void;
    makeRef(): string;
    push(message: {
      readonly topic: string;
      readonly event: string;
      readonly payload: object;
      readonly ref: string;
    }): void;
    ping(callback: (rttMs: number) => void): boolean;
  }
  export class LongPoll {}
  export const Serializer: {
    encode(message: object, callback: (encoded: string | ArrayBuffer) => void): void;
    decode(raw: string | ArrayBuffer, callback: (message: Record<string, unknown>) => void): void;
  };
  export interface PresenceEntry {
    readonly metas: readonly Record<string, unknown>[];
  }
  export class Presence {
    constructor(channel: Channel);
    onJoin(callback: (key: string, current: PresenceEntry | undefined, joined: PresenceEntry) => void): void;
    onLeave(callback: (key: string, current: PresenceEntry, left: PresenceEntry) => void): void;
    onSync(callback: () => void): void;
    list<T = PresenceEntry>(choose?: (key: string, presence: PresenceEntry) => T): T[];
  }
}
