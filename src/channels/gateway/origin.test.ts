import { expect, test } from "bun:test";
import { originAllowed } from "./origin.ts";

test("same host: the host name must be equal, the port need not", () => {
  expect(originAllowed("https://app.example", "app.example", "same-host")).toBe(true);
  expect(originAllowed("http://localhost:5173", "localhost:4000", "same-host")).toBe(true);
  expect(originAllowed("http://[::1]:5173", "[::1]:4000", "same-host")).toBe(true);
  expect(originAllowed("https://evil.example", "app.example", "same-host")).toBe(false);
  expect(originAllowed("https://app.example.evil.example", "app.example", "same-host")).toBe(false);
  expect(originAllowed("https://app.example", null, "same-host")).toBe(false);
  expect(originAllowed("null", "app.example", "same-host")).toBe(false);
});

test("a list: whole origins, host names, or all names below one", () => {
  const list = ["https://app.example", "//any.example", "//*.wild.example"];
  expect(originAllowed("https://app.example", "x", list)).toBe(true);
  expect(originAllowed("http://app.example", "x", list)).toBe(false);
  expect(originAllowed("https://app.example:8443", "x", list)).toBe(false);
  expect(originAllowed("http://any.example:8080", "x", list)).toBe(true);
  expect(originAllowed("https://a.b.wild.example", "x", list)).toBe(true);
  expect(originAllowed("https://wild.example", "x", list)).toBe(false);
  expect(originAllowed("https://notwild.example", "x", list)).toBe(false);
});

test("no origin comes from no browser, and false lets everybody in", () => {
  expect(originAllowed(null, "app.example", [])).toBe(true);
  expect(originAllowed("https://evil.example", "app.example", false)).toBe(true);
});
