/** A WebSocket without a client behind it, for what no well-behaved client sends. */
export interface RawSocket extends AsyncDisposable {
  readonly frames: readonly unknown[];
  send(frame: string | Uint8Array | readonly unknown[]): void;
  /** The next frame that has not been taken yet, text ones parsed. */
  take(): Promise<unknown>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

export async function openRaw(
  port: number,
  query = "vsn=2.0.0",
  options: { readonly headers?: Record<string, string>; readonly protocols?: string[] } = {},
): Promise<RawSocket> {
  // Bun takes options of its own, which the DOM's type does not know.
  const ws = new WebSocket(`ws://127.0.0.1:${port}/socket/websocket?${query}`, options as never);
  ws.binaryType = "arraybuffer";
  const frames: unknown[] = [];
  const waiting: (() => void)[] = [];
  let taken = 0;
  ws.onmessage = ({ data }) => {
    frames.push(typeof data === "string" ? JSON.parse(data) : new Uint8Array(data));
    for (const wake of waiting.splice(0)) wake();
  };
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.onclose = ({ code, reason }) => resolve({ code, reason });
  });
  await new Promise<void>((resolve, reject) => {
    ws.onopen = () => resolve();
    ws.onerror = () => reject(new Error("the socket did not open"));
  });
  return {
    frames,
    closed,
    send: (frame) =>
      ws.send(Array.isArray(frame) ? JSON.stringify(frame) : (frame as string | Uint8Array<ArrayBuffer>)),
    async take() {
      while (frames.length <= taken) await new Promise<void>((resolve) => waiting.push(resolve));
      return frames[taken++];
    },
    async [Symbol.asyncDispose]() {
      ws.close();
      await closed;
    },
  };
}
