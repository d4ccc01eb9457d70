import type { ComponentChildren, VNode } from "preact";

/** Names and values of one thing, beside each other. Absent values are left out. */
export function Facts({ of }: { readonly of: Readonly<Record<string, ComponentChildren>> }): VNode {
  const shown = Object.entries(of).filter(([, value]) => value !== undefined && value !== null);
  return (
    <dl class="facts">
      {shown.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
