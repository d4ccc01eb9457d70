import { type Context, createContext, type VNode } from "preact";
import { useContext } from "preact/hooks";
import { ago, dateTime } from "../format.ts";

/** The node's time, ms. */
export const NowContext: Context<number> = createContext(0);

/** How long ago; the exact time when pointed at. */
export function Ago({ atMs }: { readonly atMs: number }): VNode {
  const nowMs = useContext(NowContext);
  return (
    <time dateTime={new Date(atMs).toISOString()} title={dateTime(atMs)}>
      {ago(nowMs - atMs)}
    </time>
  );
}
