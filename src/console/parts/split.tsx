import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useRowKeys, useShortcuts } from "../keyboard.ts";
import { Icon } from "./icons.tsx";

export interface SplitProps {
  readonly label: string;
  readonly rows: readonly { readonly id: string; readonly content: ComponentChildren }[];
  readonly selected: string | undefined;
  readonly onSelect: (id: string | undefined) => void;
  /** Below the rows. */
  readonly foot?: ComponentChildren;
  readonly detail: ComponentChildren;
}

/** A list and what is selected in it: beside each other, or on a phone one at a time. */
export function Split({ label, rows, selected, onSelect, foot, detail }: SplitProps): VNode {
  const list = useRef<HTMLUListElement>(null);
  const ids = rows.map(({ id }) => id);
  useRowKeys(ids, selected, onSelect);
  useShortcuts({ Escape: () => onSelect(undefined) });
  // Wide screens show the first at once: an empty half helps nobody.
  const first = ids[0];
  useEffect(() => {
    if (selected === undefined && first !== undefined && matchMedia("(min-width: 960px)").matches) onSelect(first);
  }, [selected, first]);
  return (
    <div class="split" data-open={selected !== undefined}>
      <div class="split-list">
        <ul ref={list} aria-label={label}>
          {rows.map(({ id, content }) => (
            <li key={id}>
              <button type="button" class="row" data-selected={id === selected} onClick={() => onSelect(id)}>
                {content}
              </button>
            </li>
          ))}
        </ul>
        {foot}
      </div>
      <section class="split-detail" aria-label="Selected">
        <button type="button" class="button back" onClick={() => onSelect(undefined)}>
          <Icon name="back" /> All
        </button>
        {detail}
      </section>
    </div>
  );
}
