import { dlopen } from "bun:ffi";

/** prctl(2): PR_SET_PDEATHSIG, and the signal that it asks for. */
const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9n;
const LIBC_NAMES: readonly string[] = [
  "libc.so.6",
  `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`,
];

/**
 * Called by a child that a ChildProcess runs: calls `onGone` when the parent has died, however it died, which shows as the end
 * of stdin. On Linux the kernel is asked for SIGKILL besides, which ends even a child whose event loop is blocked: `onGone` is
 * then a race that it may lose, so nothing may depend on its having run. Returns whether the kernel will do so.
 */
export function endWithParent(onGone: () => void): boolean {
  let gone = false;
  const tell = (): void => {
    if (gone) return;
    gone = true;
    onGone();
  };
  process.stdin.once("end", tell).once("close", tell).once("error", tell);
  process.stdin.resume();
  return dieWithParent();
}

function dieWithParent(): boolean {
  if (process.platform !== "linux") return false;
  for (const name of LIBC_NAMES) {
    try {
      const { symbols } = dlopen(name, { prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" } });
      return symbols.prctl(PR_SET_PDEATHSIG, SIGKILL, 0n, 0n, 0n) === 0;
    } catch {
      // The other C library, then; without either, the end of stdin has to do.
    }
  }
  return false;
}
