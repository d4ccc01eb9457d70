/** The part of the npm `phoenix` client that this page uses; the package ships without types. */
declare module "phoenix" {
  type Payload = Readonly<Record<string, unknown>>;
  export interface Push {
    receive(status: "ok" | "error" | "timeout", callback: (response: Payload) => void): Push;
  }
  export interface Channel {
    join(): Push;
    push(event: string, payload: object, timeoutMs?: number): Push;
    on(event: string, callback: (payload: never) => void): number;
    onError(callback: (reason: unknown) => void): number;
  }
  export class Socket {
    constructor(endPoint: string, options?: { readonly rejoinAfterMs?: (tries: number) => number });
    connect(): void;
    disconnect(): void;
    channel(topic: string, params?: object | (() => object)): Channel;
  }
}
