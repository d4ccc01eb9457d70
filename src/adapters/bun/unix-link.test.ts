import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../core/index.ts";
import type { Link } from "../../wire/index.ts";
import { connectLink, listenLink } from "./unix-link.ts";

describe("the link over a Unix socket", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "godwit-link-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("carries large and many frames both ways, in order", async () => {
    const path = join(folder, "a.sock");
    const seen: number[] = [];
    const server = listenLink(path, systemClock, () => ({
      peer: "worker",
      onNotification: (_kind, data) => seen.push((data as { i: number }).i),
      onRequest: (_kind, data) => data,
    }));
    const link = await connectLink(path, systemClock, () => ({
      peer: "gateway",
      onNotification: () => {},
      onRequest: () => null,
    }));
    const big = "ü".repeat(3_000_000);
    for (let i = 0; i < 20_000; i++) link.notify("n", { i });
    expect(await link.request("echo", { big })).toEqual({ big });
    expect(seen).toEqual(Array.from({ length: 20_000 }, (_, i) => i));
    link.close();
    server.stop();
  });

  test("closes the other end when one end goes", async () => {
    const path = join(folder, "b.sock");
    const gone = Promise.withResolvers<void>();
    const server = listenLink(path, systemClock, () => ({
      peer: "worker",
      onNotification: () => {},
      onRequest: () => null,
      onClose: () => gone.resolve(),
    }));
    const link: Link = await connectLink(path, systemClock, () => ({
      peer: "gateway",
      onNotification: () => {},
      onRequest: () => null,
    }));
    link.close();
    await gone.promise;
    server.stop();
  });

  test("is refused with a code when nobody listens", async () => {
    const options = () => ({ peer: "gateway", onNotification: () => {}, onRequest: () => null });
    expect(await connectLink(join(folder, "none"), systemClock, options).catch((e) => e.code)).toBe("link_refused");
  });
});
