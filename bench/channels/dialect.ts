/** What the one client says to each kind of server, as text frames. */

export interface Dialect {
  /** Of the upgrade request. */
  readonly path: string;
  /** Said at once after the upgrade. */
  readonly hello: string | undefined;
  /** The answer to a frame that came before the join was done; "" when it is done. @throws on a refusal. */
  answer(frame: string, topic: string): string;
  broadcast(topic: string, payload: object): string;
  echo(topic: string, payload: object): string;
  /** Is it a broadcast, by the first two bytes of its text? */
  isBroadcast(first: number, second: number): boolean;
  /** Keeps an idle connection open, where the client has to. */
  readonly heartbeat: string | undefined;
  /** The server's own question whether the client lives, and the answer. */
  readonly ping: { readonly first: number; readonly answer: string } | undefined;
}

export type DialectName = "phoenix" | "socket.io";

const CODE = { n: 0x6e, "2": 0x32, "4": 0x34 };

export function dialectOf(name: DialectName, topic: string): Dialect {
  return name === "phoenix" ? phoenix(topic) : socketIo(topic);
}

/** Phoenix Channels V2: `[joinRef, ref, topic, event, payload]`. Broadcasts begin with `[null,`. */
function phoenix(topic: string): Dialect {
  return {
    path: "/socket/websocket?vsn=2.0.0",
    hello: JSON.stringify(["1", "1", topic, "phx_join", {}]),
    answer(frame) {
      if (!frame.includes('"status":"ok"')) throw new Error(`the join was refused: ${frame}`);
      return "";
    },
    broadcast: (to, payload) => JSON.stringify(["1", "2", to, "bcast", payload]),
    echo: (to, payload) => JSON.stringify(["1", "7", to, "echo", payload]),
    isBroadcast: (_first, second) => second === CODE.n,
    heartbeat: JSON.stringify([null, "9", "phoenix", "heartbeat", {}]),
    ping: undefined,
  };
}

/** Socket.IO 5 in Engine.IO 4 (https://socket.io/docs/v4/socket-io-protocol): `0` open, `40` connect, `42[…]` event, `43…` acknowledgement. */
function socketIo(topic: string): Dialect {
  return {
    path: "/socket.io/?EIO=4&transport=websocket",
    hello: undefined,
    answer(frame) {
      if (frame.startsWith("0")) return "40";
      if (frame.startsWith("40")) return `421${JSON.stringify(["join", topic])}`;
      if (frame.startsWith("431")) return "";
      throw new Error(`the join was refused: ${frame}`);
    },
    broadcast: (to, payload) => `42${JSON.stringify(["bcast", to, payload])}`,
    echo: (_to, payload) => `427${JSON.stringify(["echo", payload])}`,
    isBroadcast: (first, second) => first === CODE["4"] && second === CODE["2"],
    heartbeat: undefined,
    ping: { first: CODE["2"], answer: "3" },
  };
}
