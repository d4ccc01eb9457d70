import { describe, expect, test } from "bun:test";
import { describeService, requireService, SERVICE_NAMES, serviceTitle, serviceVariable } from "./services.ts";

/** Port 1 (tcpmux) is closed on any ordinary machine. */
const NOBODY = {
  postgres: "postgres://postgres:secret@127.0.0.1:1/postgres",
  rabbitmq: "amqp://guest:secret@127.0.0.1:1",
  redis: "redis://127.0.0.1:1",
  chromium: "/nonexistent/chromium",
} as const;

describe("looking for the services that suites need", () => {
  test.each([...SERVICE_NAMES])(
    "%s: where nobody answers, the reason names the address and the variable",
    async (name) => {
      const service = await requireService(name, { [serviceVariable(name)]: NOBODY[name] });
      expect(service).toMatchObject({ kind: "missing", name });
      if (service.kind !== "missing") throw new Error("unreachable");
      expect(service.reason).toContain(serviceVariable(name));
      expect(service.reason).toContain(new URL(NOBODY[name], "file:").pathname);
      expect(service.reason).not.toContain("secret");
      expect(serviceTitle("a suite", service)).toBe(`a suite (skipped: ${service.reason})`);
    },
  );

  test("a missing service that is required is an error", async () => {
    const env = { GODWIT_TEST_REDIS: "off", GODWIT_TEST_REQUIRE: "postgres, redis" };
    expect(requireService("redis", env)).rejects.toThrow("GODWIT_TEST_REDIS=off; GODWIT_TEST_REQUIRE asks for it");
  });

  test("an unknown name in GODWIT_TEST_REQUIRE is an error, since its service would be skipped in silence", async () => {
    const env = { GODWIT_TEST_REDIS: "off", GODWIT_TEST_REQUIRE: "reddis" };
    expect(requireService("redis", env)).rejects.toThrow("postgres, rabbitmq, redis, chromium, received reddis");
  });

  test("a server of another protocol is not mistaken for a broker", async () => {
    await using server = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { data: (socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n") },
    });
    const service = await requireService("rabbitmq", { GODWIT_TEST_RABBITMQ: `amqp://127.0.0.1:${server.port}` });
    expect(service).toMatchObject({ kind: "missing", reason: expect.stringContaining("not AMQP 0-9-1") });
  });

  test("an executable at the named path is a browser", async () => {
    const service = await requireService("chromium", { GODWIT_TEST_CHROMIUM: process.execPath });
    expect(service).toEqual({ kind: "available", name: "chromium", address: process.execPath });
    expect(serviceTitle("a suite", service)).toBe("a suite");
    expect(describeService(service)).toBe(`Chromium at ${process.execPath}`);
  });
});
