import type { VNode } from "preact";
import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import { chatReducer, EMPTY_CHAT } from "./chat-model.ts";
import { ChatPane } from "./chat-pane.tsx";
import { type Conversation, type OrderView, openConversation } from "./conversation.ts";
import { EMPTY_FLOW, flowReducer } from "./flow-model.ts";
import { Header } from "./header.tsx";
import { InsidePane } from "./inside-pane.tsx";

type View = "chat" | "inside";

export function App({ conversation }: { readonly conversation: string }): VNode {
  const [chat, tellChat] = useReducer(chatReducer, EMPTY_CHAT);
  const [flow, tellFlow] = useReducer(flowReducer, EMPTY_FLOW);
  const [order, setOrder] = useState<OrderView | undefined>();
  const [view, setView] = useState<View>("chat");
  const line = useRef<Conversation | undefined>(undefined);

  useEffect(() => {
    const opened = openConversation(conversation, { chat: tellChat, flow: tellFlow, order: setOrder });
    line.current = opened;
    return () => opened.close();
  }, [conversation]);

  function skip(): void {
    setView("chat");
    // After the view has changed: what is hidden takes no focus.
    requestAnimationFrame(() => document.getElementById("write")?.focus());
  }

  return (
    <div class="page" data-view={view}>
      <button type="button" class="skip" onClick={skip}>
        Skip to the message box
      </button>
      <Header conversation={conversation} link={chat.link} />
      <ViewSwitch view={view} onView={setView} />
      <ChatPane chat={chat} flow={flow} onWrite={(text) => line.current?.write(text)} />
      <InsidePane chat={chat} flow={flow} order={order} conversation={conversation} onClose={() => setView("chat")} />
    </div>
  );
}

/** Narrow screens show one side at a time. */
function ViewSwitch({ view, onView }: { readonly view: View; readonly onView: (view: View) => void }) {
  return (
    <nav class="switch" aria-label="Views">
      {(["chat", "inside"] as const).map((each) => (
        <button key={each} type="button" aria-current={view === each} onClick={() => onView(each)}>
          {each === "chat" ? "Conversation" : "What happens inside"}
        </button>
      ))}
    </nav>
  );
}
