import type { VNode } from "preact";
import type { Clipped } from "../../inspect/index.ts";
import { plural, whole } from "../format.ts";
import { JsonView } from "./json-view.tsx";

/** A body or a state, and whether that is all of it. */
export function ClippedJson({ of, label }: { readonly of: Clipped; readonly label: string }): VNode {
  return (
    <>
      <JsonView text={of.text} label={label} />
      {of.truncated && (
        <p class="soft">
          The first {whole(of.text.length)} of {plural(of.length, "character")}.
        </p>
      )}
    </>
  );
}
