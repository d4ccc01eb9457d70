import type { VNode } from "preact";
import { useEffect, useMemo, useReducer, useState } from "preact/hooks";
import { type Feed, type LinkState, openFeed } from "./feed.ts";
import { type Live, liveReducer } from "./live.ts";
import { ChangesPage } from "./pages/changes.tsx";
import { DeadPage } from "./pages/dead.tsx";
import { ErrorsPage } from "./pages/errors.tsx";
import { KeysPage } from "./pages/keys.tsx";
import { OverviewPage } from "./pages/overview.tsx";
import { ShardsPage } from "./pages/shards.tsx";
import { TopicsPage } from "./pages/topics.tsx";
import { TreePage } from "./pages/tree.tsx";
import { NowContext } from "./parts/ago.tsx";
import { type Place, usePlace } from "./router.ts";
import { Shell } from "./shell.tsx";
import { FeedContext } from "./use-query.ts";

export function App(): VNode | null {
  const [live, tell] = useReducer(liveReducer, undefined);
  const [link, setLink] = useState<LinkState>("connecting");
  const [feed, setFeed] = useState<Feed>();
  const place = usePlace();
  useEffect(() => {
    const opened = openFeed(tell, setLink);
    setFeed(opened);
    return () => opened.close();
  }, []);
  // The page under the pulse is drawn anew with each; what it asks for by itself stays.
  const nowMs = useMemo(() => live?.nowMs ?? 0, [live?.nowMs]);
  if (!feed || !live) return <p class="opening">{link === "lost" ? "The node is out of reach. Trying again…" : ""}</p>;
  return (
    <FeedContext.Provider value={feed}>
      <NowContext.Provider value={nowMs}>
        <Shell live={live} link={link} place={place}>
          <Page live={live} place={place} />
        </Shell>
      </NowContext.Provider>
    </FeedContext.Provider>
  );
}

function Page({ live, place: { page, params } }: { readonly live: Live; readonly place: Place }): VNode {
  switch (page) {
    case "overview":
      return <OverviewPage live={live} />;
    case "tree":
      return <TreePage live={live} />;
    case "shards":
      return <ShardsPage live={live} params={params} />;
    case "dead":
      return <DeadPage live={live} params={params} />;
    case "errors":
      return <ErrorsPage params={params} />;
    case "topics":
      return <TopicsPage live={live} params={params} />;
    case "changes":
      return <ChangesPage live={live} />;
    case "keys":
      return <KeysPage live={live} params={params} />;
  }
}
