// Runs a script with the Bun that npm installed, from Node ≥ 20: `node bin/run-bun.mjs script.ts arguments…`.
//
// Where this Node can (≥ 22.15), the process *becomes* Bun: nothing stays in between. An older one keeps a parent process that
// passes signals down and the exit code up; Bun then ends when its parent is killed, so that no node is left without an owner.
import { spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const FORWARDED_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"];

/** Bun's own binary is about 100 MB; what the package ships before its postinstall script has run is a text of 450 bytes. */
const SMALLEST_BINARY_BYTES = 1_000_000;

/** Bun must never fetch a missing package by itself: what runs is what was installed. */
const BUN_FLAGS = ["--no-install"];

/**
 * The path of the Bun binary: `GODWIT_BUN`, or the `bun` package's own, or (where npm did not run its postinstall script) the one in
 * the package for this platform. Undefined when there is none.
 */
export function findBun() {
  if (process.env.GODWIT_BUN) return process.env.GODWIT_BUN;
  if (process.versions.bun) return process.execPath;
  const packageJson = resolveFrom(import.meta.url, "bun/package.json");
  if (!packageJson) return undefined;
  const installed = path.join(path.dirname(packageJson), "bin", "bun.exe");
  return isBinary(installed) ? installed : findPlatformBun(packageJson);
}

function findPlatformBun(bunPackageJson) {
  const arch = process.arch === "arm64" ? "aarch64" : process.arch;
  const system = process.platform === "win32" ? "windows" : process.platform;
  const abis = existsSync("/etc/alpine-release") ? ["-musl", ""] : ["", "-musl", "-android"];
  for (const abi of abis) {
    const packageJson = resolveFrom(bunPackageJson, `@oven/bun-${system}-${arch}${abi}/package.json`);
    const name = process.platform === "win32" ? "bun.exe" : "bun";
    const binary = packageJson && path.join(path.dirname(packageJson), "bin", name);
    if (binary && isBinary(binary)) return binary;
  }
  return undefined;
}

function resolveFrom(from, specifier) {
  try {
    return createRequire(from).resolve(specifier);
  } catch {
    return undefined;
  }
}

function isBinary(file) {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats?.isFile() === true && stats.size > SMALLEST_BINARY_BYTES;
}

/** Hands this process over to Bun, with these arguments. Ends with its exit code, or by the signal that ended it. */
export function runBun(args) {
  const bun = findBun();
  if (!bun)
    return fail(
      "the Bun runtime is missing: run `npm install` (with optional dependencies), or set GODWIT_BUN to its path",
    );
  if (process.execve && process.platform !== "win32" && existsSync(bun)) {
    process.execve(bun, [bun, ...BUN_FLAGS, ...args], process.env);
  }
  const child = spawn(bun, [...BUN_FLAGS, "--no-orphans", ...args], { stdio: "inherit" });
  for (const signal of FORWARDED_SIGNALS) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`the Bun runtime at ${bun} does not start: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function fail(message) {
  console.error(`godwit: ${message}`);
  process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) runBun(process.argv.slice(2));
