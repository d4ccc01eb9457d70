// How a program that runs on Node talks with the benchmark that started it: the counterpart of measure/program.ts.

export const options = JSON.parse(process.env.GODWIT_BENCH_OPTIONS ?? "{}");

export function say(notice) {
  process.send?.(notice);
}

/** Resolves when the benchmark has said so. */
export function heard(kind) {
  return new Promise((resolve) => {
    process.on("message", function listen(notice) {
      if (notice.kind !== kind) return;
      process.off("message", listen);
      resolve();
    });
  });
}
