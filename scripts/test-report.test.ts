import { describe, expect, test } from "bun:test";
import { addCounts, readReport } from "./test-report.ts";

/** As `bun test --reporter=junit` of Bun 1.4.5 writes it, with most of its attributes left out. */
const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="7" assertions="2" failures="1" skipped="4" time="0.01">
  <testsuite name="a.test.ts" file="a.test.ts" tests="7" failures="1" skipped="4">
    <testsuite name="outer &amp; &lt;x&gt;" file="a.test.ts">
      <testcase name="a" classname="on Redis (skipped: off) &gt; outer &amp; &lt;x&gt;" time="0" file="a.test.ts" line="2">
        <skipped />
      </testcase>
      <testcase name="b" classname="deeper &gt; on Redis (skipped: off) &gt; outer &amp; &lt;x&gt;" time="0" file="a.test.ts" line="2">
        <skipped />
      </testcase>
      <testcase name="passes" classname="outer &amp; &lt;x&gt;" time="0" file="a.test.ts" line="2" />
      <testcase name="later" classname="outer &amp; &lt;x&gt;" time="0" file="a.test.ts" line="2">
        <skipped message="TODO" />
      </testcase>
    </testsuite>
    <testcase name="top" classname="" time="0" file="a.test.ts" line="3">
      <skipped />
    </testcase>
    <testcase name="fails" classname="" time="0" file="a.test.ts" line="3">
      <failure type="AssertionError" message="expect(received)&#10;">AssertionError</failure>
    </testcase>
  </testsuite>
</testsuites>`;

describe("the summary of a test run", () => {
  test("counts what passed, failed and was skipped", () => {
    expect(readReport(REPORT)).toMatchObject({ passed: 2, failed: 1, skipped: 4 });
  });

  test("names each skipped suite once, from outside in, with its reason", () => {
    expect(readReport(REPORT).skippedSuites).toEqual([
      { title: "outer & <x> > on Redis (skipped: off)", file: "a.test.ts", tests: 2 },
      { title: "outer & <x>", file: "a.test.ts", tests: 1 },
      { title: "top", file: "a.test.ts", tests: 1 },
    ]);
  });

  test("is refused for a text that is no report, rather than counted as nothing failed", () => {
    expect(() => readReport("")).toThrow("no <testsuites>");
  });

  test("adds up over several runs", () => {
    const counts = addCounts({ passed: 1, failed: 2, skipped: 3 }, { passed: 10, failed: 20, skipped: 30 });
    expect(counts).toEqual({ passed: 11, failed: 22, skipped: 33 });
  });
});
