/** Rows that a page shows: asked for when it opens, again every two seconds while it is looked at, and after a decision. */
import { type Context, createContext } from "preact";
import { useCallback, useContext, useEffect, useRef, useState } from "preact/hooks";
import type { QueryName, QueryResults } from "../inspect/index.ts";
import type { Feed, QueryParams } from "./feed.ts";

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

/** `params: undefined` asks nothing. */
export function useQuery<Name extends QueryName>(
  name: Name,
  params: QueryParams | undefined,
): Asked<QueryResults[Name]> {
  const feed = useFeed();
  const question = params === undefined ? undefined : JSON.stringify(params);
  const current = useRef(question);
  current.current = question;
  const [answer, setAnswer] = useState<QueryResults[Name]>();
  const [problem, setProblem] = useState<string>();

  const refresh = useCallback(async () => {
    if (question === undefined || document.hidden) return;
    try {
      const data = await feed.ask(name, JSON.parse(question) as QueryParams);
      // An answer to an earlier question must not replace what is asked now.
      if (current.current !== question) return;
      setAnswer(() => data);
      setProblem(undefined);
    } catch (thrown) {
      if (current.current === question) setProblem((thrown as Error).message);
    }
  }, [feed, name, question]);

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
  return { data: answer, problem, refresh: () => void refresh() };
}
