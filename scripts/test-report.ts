/** Reads the JUnit report that `bun test` writes, as far as a summary needs it. */

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface SkippedSuite {
  /** The suite's titles from outside in, with the reason of the skip where the suite gives one. */
  readonly title: string;
  readonly file: string;
  readonly tests: number;
}

export interface TestReport extends TestCounts {
  readonly skippedSuites: readonly SkippedSuite[];
}

/** @throws Error when the text is no such report: a summary must never be made up. */
export function readReport(xml: string): TestReport {
  const root = /<testsuites\b[^>]*>/.exec(xml)?.[0];
  if (!root) throw new Error("the test report has no <testsuites> element");
  const failed = readCount(root, "failures") + readCount(root, "errors");
  const skipped = readCount(root, "skipped");
  return { passed: readCount(root, "tests") - failed - skipped, failed, skipped, skippedSuites: readSkipped(xml) };
}

function readSkipped(xml: string): readonly SkippedSuite[] {
  const suites = new Map<string, SkippedSuite>();
  for (const [, testcase] of xml.matchAll(/<testcase\b([^>]*[^/])>\s*<skipped\b/g)) {
    const file = readAttribute(testcase as string, "file");
    const title = readTitle(testcase as string);
    const known = suites.get(`${file}\n${title}`);
    suites.set(`${file}\n${title}`, { title, file, tests: (known?.tests ?? 0) + 1 });
  }
  return [...suites.values()];
}

/**
 * Bun joins a test's suites from inside out; people read from outside in, down to the suite that says why it is skipped. A test outside of
 * any suite stands for itself.
 */
function readTitle(testcase: string): string {
  const suites = readAttribute(testcase, "classname").split(" > ").reverse();
  const reason = suites.findIndex((title) => title.includes("(skipped: "));
  const shown = reason < 0 ? suites : suites.slice(0, reason + 1);
  return shown.join(" > ") || readAttribute(testcase, "name");
}

function readCount(tag: string, name: string): number {
  return Number(readAttribute(tag, name) || "0");
}

function readAttribute(tag: string, name: string): string {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? "";
  return value
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&#10;", "\n")
    .replaceAll("&amp;", "&");
}

export function addCounts(...all: readonly TestCounts[]): TestCounts {
  const sum = (name: keyof TestCounts) => all.reduce((total, counts) => total + counts[name], 0);
  return { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
}
