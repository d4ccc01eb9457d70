import { render } from "preact";
import { App } from "./app.tsx";
import { randomId } from "./random-id.ts";

/** The conversation is in the address, so that a second tab, or a second person, can join it: `/?c=<id>`. */
function conversationKey(): string {
  const url = new URL(location.href);
  const given = url.searchParams.get("c");
  if (given && /^[\w:.-]{1,80}$/.test(given)) return given;
  const key = randomId();
  url.searchParams.set("c", key);
  history.replaceState(null, "", url);
  return key;
}

render(<App conversation={conversationKey()} />, document.getElementById("page") as HTMLElement);
