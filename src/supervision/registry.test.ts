import { expect, test } from "bun:test";
import { Bench, Probe } from "./fixtures/probe.ts";
import { Registry, registered } from "./registry.ts";
import type { Service } from "./service.ts";

test("a registered service is found by name and key until it ends", async () => {
  const registry = new Registry();
  const probe = new Probe("room", []);
  registry.register("room", "7", probe);
  expect(registry.find("room", "7")).toBe(probe);
  expect(registry.find("room", "8")).toBeUndefined();
  expect([...registry.list("room").keys()]).toEqual(["7"]);
  await probe.crash();
  expect(registry.find("room", "7")).toBeUndefined();
  expect(registry.list("room").size).toBe(0);
});

test("a name and key that are taken are refused, and free again afterwards", () => {
  const registry = new Registry();
  const remove = registry.register("store", "", new Probe("a", []));
  expect(() => registry.register("store", "", new Probe("b", []))).toThrow(
    expect.objectContaining({ code: "already_registered" }),
  );
  remove();
  const second = new Probe("b", []);
  registry.register("store", "", second);
  remove();
  expect(registry.find("store")).toBe(second);
});

test("a supervised child is registered anew at each start, and gone when it is stopped", async () => {
  const bench = new Bench();
  const registry = new Registry();
  const start = registered(registry, "room", "7", () => new Probe("room", bench.log));
  const supervisor = await bench.started({ children: [{ id: "room", start }] });
  const first = registry.find("room", "7");
  await (first as Probe).crash();
  expect(registry.find("room", "7")).toBe(supervisor.which("room") as Service);
  expect(registry.find("room", "7")).not.toBe(first);
  await supervisor.stop();
  expect(registry.find("room", "7")).toBeUndefined();
});

test("a service with nothing but stop leaves the registry when it is stopped", async () => {
  const registry = new Registry();
  const start = registered(registry, "cache", "", () => ({ stop: () => undefined }));
  const supervisor = await new Bench().started({ children: [{ id: "cache", start }] });
  expect(registry.find("cache")).toBeDefined();
  await supervisor.stop();
  expect(registry.find("cache")).toBeUndefined();
});

test("a child whose name is taken does not start, and what it had started is stopped", async () => {
  const bench = new Bench();
  const registry = new Registry();
  registry.register("room", "7", new Probe("other", []));
  const start = registered(registry, "room", "7", () => new Probe("room", bench.log));
  const supervisor = bench.supervisor({ children: [{ id: "room", start }] });
  await expect(supervisor.start()).rejects.toMatchObject({ cause: { code: "already_registered" } });
  expect(bench.log).toEqual(["+room", "-room"]);
});
