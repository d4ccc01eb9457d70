/** Rows that a page shows: asked for when it opens, again every two seconds while it is looked at, and after a decision. */
import { type Context, createContext } from "preact";
import { useCallback, useContext, useEffect, useRef, useState } from "preact/hooks";
import type { ConsoleQueries, ConsoleQuery } from "../node/index.ts";
import type { Feed } from "./feed.ts";

export const FeedContext: Context<Feed | undefined> = createContext<Feed | undefined>(undefined);

export function useFeed(): Feed {
  const feed = useContext(FeedContext);
  if (!feed) throw new Error("no feed: the page is rendered inside of App");
  return feed;
}

export interface Asked<Result> {
  /** The newest answer; undefined before the first. */
  readonly data: Result | undefined;
  /** Why the newest question got none. */
  readonly problem: string | undefined;
  refresh(): void;
}

const EVERY_MS = 2_000;

/** `args: undefined` asks nothing. */
export function useQuery<K extends ConsoleQuery>(
  kind: K,
  args: ConsoleQueries[K]["args"] | undefined,
): Asked<ConsoleQueries[K]["result"]> {
  const feed = useFeed();
  const question = args === undefined ? undefined : JSON.stringify(args);
  const current = useRef(question);
  current.current = question;
  const [answer, setAnswer] = useState<{ question: string; data: ConsoleQueries[K]["result"] }>();
  const [problem, setProblem] = useState<string>();

  const refresh = useCallback(async () => {
    if (question === undefined || document.hidden) return;
    try {
      const data = await feed.query(kind, JSON.parse(question) as ConsoleQueries[K]["args"]);
      // An answer to an earlier question must not replace what is asked now.
      if (current.current !== question) return;
      setAnswer({ question, data });
      setProblem(undefined);
    } catch (thrown) {
      if (current.current === question) setProblem((thrown as Error).message);
    }
  }, [feed, kind, question]);

  useEffect(() => {
    void refresh();
    const timer = setInterval(refresh, EVERY_MS);
    document.addEventListener("visibilitychange", refresh);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", refresh);
    };
  }, [refresh]);

  // Other filters of the same list: the earlier rows stay until the new ones are there. Another thing: they go.
  return { data: answer?.data, problem, refresh: () => void refresh() };
}
