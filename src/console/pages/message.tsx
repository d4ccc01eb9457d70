/** The whole way of one message, from the log: accepted, tried, handled, and what it sent. */
import type { VNode } from "preact";
import type { MessageStep, MessageTrace } from "../../inspect/index.ts";
import { dateTime, milliseconds, plural } from "../format.ts";
import { Ago } from "../parts/ago.tsx";
import { Chip } from "../parts/chip.tsx";
import { ClippedJson } from "../parts/clipped-json.tsx";
import { Waiting } from "../parts/empty.tsx";
import { ErrorText, ErrorView, readErrorText } from "../parts/error-view.tsx";
import { Facts } from "../parts/facts.tsx";
import { KeyLink } from "../parts/key-link.tsx";
import { MESSAGE_TONES } from "../parts/message-status.ts";
import { hrefOf } from "../router.ts";
import { useQuery } from "../use-query.ts";

export function MessagePage({ id }: { readonly id: string }): VNode {
  const { data, problem } = useQuery("messages.trace", { id });
  return (
    <div class="page">
      <div class="page-head">
        <h1 class="mono">{id}</h1>
        {data && <Chip tone={MESSAGE_TONES[data.status]}>{data.status}</Chip>}
        {data && <KeyLink id={id} target={data.target} name={data.key} />}
      </div>
      {data ? <Way trace={data} /> : <Waiting problem={problem} />}
    </div>
  );
}

function Way({ trace }: { readonly trace: MessageTrace }): VNode {
  const { commit, acceptedAtMs, failures, sent, error } = trace;
  return (
    <>
      <Facts
        of={{
          Accepted: dateTime(acceptedAtMs),
          "Accepted to done": commit ? milliseconds(commit.atMs - acceptedAtMs) : undefined,
          By: commit ? <code>{commit.member}</code> : undefined,
          Code: commit ? <code>{commit.codeVersion}</code> : undefined,
          Tries: trace.attempts ?? undefined,
          From: trace.from ?? undefined,
          "Caused by": trace.cause ? <a href={hrefOf("keys", { message: trace.cause })}>{trace.cause}</a> : undefined,
          "Trace id": trace.traceId ? <code>{trace.traceId}</code> : undefined,
        }}
      />
      {error && <ErrorView error={readErrorText(error)} />}
      <div class="key-parts">
        <section>
          <h2>Body</h2>
          <ClippedJson of={trace.body} label="the body" />
        </section>
        <section>
          <h2>Way</h2>
          <ol class="way">
            <li>
              <i class="dot" data-tone="busy" />
              <b>accepted</b>
              <Ago atMs={acceptedAtMs} />
            </li>
            {failures.map(({ attempt, atMs, worker, error: text }) => (
              <li key={`${attempt}${atMs}`}>
                <i class="dot" data-tone="bad" />
                <span>
                  <b>try {attempt}</b> failed at {worker}: <ErrorText error={readErrorText(text)} />
                </span>
                <Ago atMs={atMs} />
              </li>
            ))}
            {commit && (
              <li>
                <i class="dot" data-tone={MESSAGE_TONES[trace.status]} />
                <span>
                  <b>{trace.status}</b> by <code>{commit.member}</code>
                </span>
                <Ago atMs={commit.atMs} />
              </li>
            )}
            {sent.map((step) => (
              <Sent key={step.id} step={step} />
            ))}
          </ol>
          {!trace.sentComplete && (
            <p class="soft">Only a stretch of each stream was searched: it may have sent more.</p>
          )}
          {sent.length > 0 && <p class="visually-hidden">It sent {plural(sent.length, "message")}.</p>}
        </section>
      </div>
    </>
  );
}

function Sent({ step }: { readonly step: MessageStep }): VNode {
  return (
    <li class="way-sent">
      <i class="dot" data-tone={MESSAGE_TONES[step.status]} />
      <span>
        <a href={hrefOf("keys", { message: step.id })}>
          <code>{step.id}</code>
        </a>{" "}
        to <b>{step.target}</b> {step.key}, {step.status}
        {step.error && `: ${step.error}`}
      </span>
      <Ago atMs={step.commit?.atMs ?? step.acceptedAtMs} />
    </li>
  );
}
