import type { ComponentChildren, VNode } from "preact";

/** What stands where there is nothing: that it is so, and what would fill it. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }): VNode {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children && <p>{children}</p>}
    </div>
  );
}

/** While the first answer is on its way, or when there is none. */
export function Waiting({ problem }: { readonly problem: string | undefined }): VNode {
  if (problem) {
    return (
      <Empty title="This cannot be shown">
        {problem} <span class="soft">It is asked again every two seconds.</span>
      </Empty>
    );
  }
  return <p class="waiting" role="status" aria-label="Loading" />;
}
