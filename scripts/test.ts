/**
 * `npm test`: type check, lint, then every test; with arguments (`npm test -- src/core`) only the tests of those paths.
 *
 * Looks once for the servers that some suites need, tells the tests where they answer, and names what is skipped without them.
 * Ends with one plain line, `N passed, N failed, N skipped`, in which the type check and the lint count as a test each.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ConfigError } from "../src/core/index.ts";
import { describeService, requireService, SERVICE_NAMES, type Service, serviceVariable } from "../src/testing/index.ts";
import { addCounts, readReport, type TestCounts, type TestReport } from "./test-report.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const ROOT = path.join(import.meta.dir, "..");
const TEST_ROOTS = ["src", "test", "scripts", "examples"];
/** For one test. Generous, since whole nodes start in some, on machines with two busy cores. */
const TEST_TIMEOUT_MS = 30_000;

const NONE: TestCounts = { passed: 0, failed: 0, skipped: 0 };

async function main(paths: readonly string[]): Promise<number> {
  const services = await Promise.all(SERVICE_NAMES.map((name) => requireService(name)));
  for (const service of services) console.log(describeService(service));
  const checks = paths.length > 0 ? NONE : await runChecks();
  const tests = await runTests(paths.length > 0 ? paths : TEST_ROOTS, testEnvironment(services));
  printSkipped(tests);
  const { passed, failed, skipped } = addCounts(checks, tests);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed > 0 || tests.passed === 0 ? 1 : 0;
}

async function runChecks(): Promise<TestCounts> {
  const types = await check("type check", "tsc");
  const exampleTypes = await check("type check of the examples", "tsc", "-p", "examples");
  return addCounts(types, exampleTypes, await check("lint", "biome", "ci"));
}

async function check(title: string, command: string, ...args: readonly string[]): Promise<TestCounts> {
  const code = await run([path.join(ROOT, "node_modules/.bin", command), ...args], process.env);
  console.log(`${title}: ${code === 0 ? "passed" : "FAILED"}`);
  return code === 0 ? { ...NONE, passed: 1 } : { ...NONE, failed: 1 };
}

async function runTests(paths: readonly string[], env: Environment): Promise<TestReport> {
  const folder = await mkdtemp(path.join(tmpdir(), "godwit-test-"));
  try {
    const outfile = path.join(folder, "junit.xml");
    const flags = [`--timeout=${TEST_TIMEOUT_MS}`, "--reporter=junit", `--reporter-outfile=${outfile}`];
    const code = await run([process.execPath, "test", ...flags, ...paths], env);
    const file = Bun.file(outfile);
    const report = (await file.exists()) ? readReport(await file.text()) : { ...NONE, skippedSuites: [] };
    // A file that does not load is in no count of the report, only in the exit code.
    return code !== 0 && report.failed === 0 ? { ...report, failed: 1 } : report;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(command: readonly string[], env: Environment): Promise<number> {
  return Bun.spawn([...command], { cwd: ROOT, env, stdio: ["ignore", "inherit", "inherit"] }).exited;
}

/** The tests' environment: this one, without settings of a node, and with the address of each service that answers. */
function testEnvironment(services: readonly Service[]): Environment {
  const inherited = Object.entries(process.env).filter(([key]) => !/^GODWIT_(?!TEST_)/.test(key));
  const addresses = services.flatMap((service) =>
    service.kind === "available" ? [[serviceVariable(service.name), service.address]] : [],
  );
  return Object.fromEntries([...inherited, ...addresses]);
}

function printSkipped(report: TestReport): void {
  for (const { file, title, tests } of report.skippedSuites) console.log(`skipped: ${file}: ${title} (${tests} tests)`);
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
}
