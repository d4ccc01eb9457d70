import type { VNode } from "preact";
import { CopyButton } from "./copy-button.tsx";

export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | null;
}

/** Frames of others: the app's own stand out. */
const FOREIGN = /node_modules|\(node:|\(bun:|native|\/src\/(?:lanes|actors|node|channels|connectors)\//;

export function ErrorText({ error }: { readonly error: ErrorData }): VNode {
  return (
    <>
      <b class="error-name">{error.name}</b>
      {error.message !== "" && `: ${error.message}`}
    </>
  );
}

/** `TypeError: cannot read`, as the node writes it where it keeps no more, in its two parts. */
export function readErrorText(text: string): ErrorData {
  const [, name, message] = /^([\w$.]+): (.*)$/s.exec(text) ?? [];
  return name === undefined ? { name: "Error", message: text } : { name, message: message ?? "" };
}

/** An error with its stack, the app's own frames before others by weight. */
export function ErrorView({ error }: { readonly error: ErrorData }): VNode {
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return (
    <div class="code error">
      <CopyButton text={error.stack ?? `${error.name}: ${error.message}`} label="Copy the error" />
      <p class="error-title">
        <ErrorText error={error} />
      </p>
      {frames.length > 0 && (
        <pre>
          {frames.map((frame, index) => (
            <span key={`${index}${frame}`} class={FOREIGN.test(frame) ? "frame foreign" : "frame"}>
              {frame.trim()}
            </span>
          ))}
        </pre>
      )}
    </div>
  );
}
