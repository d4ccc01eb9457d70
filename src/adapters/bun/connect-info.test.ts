import { expect, test } from "bun:test";
import { connectInfo, requestedProtocols } from "./connect-info.ts";
import { nestedParams } from "./nested-params.ts";

const offered = (header: string) => requestedProtocols(new Headers({ "sec-websocket-protocol": header }));

test("the auth token is the second subprotocol, in either base64 alphabet, padded or not", () => {
  expect(offered("phoenix, base64url.bearer.phx.c2VjcmV0")).toEqual({ phoenix: true, token: "secret" });
  expect(offered(`phoenix,base64url.bearer.phx.${btoa("~~~???").replace("+", "-").replace("/", "_")}`).token).toBe(
    "~~~???",
  );
  expect(offered("phoenix, base64url.bearer.phx.*")).toEqual({ phoenix: true, token: null });
  expect(offered("graphql-ws")).toEqual({ phoenix: false, token: null });
  expect(requestedProtocols(new Headers())).toEqual({ phoenix: false, token: null });
});

test("params nest as the client wrote them; the last of equal names wins", () => {
  const read = (query: string) => nestedParams(new URLSearchParams(query), ["vsn"]);
  expect(read("user[name]=ada&user[langs][0]=en&vsn=2.0.0&a=1&a=2")).toEqual({
    user: { name: "ada", langs: { 0: "en" } },
    a: "2",
  });
  expect(read("a=1&a[b]=2")).toEqual({ a: { b: "2" } });
  expect(read("__proto__=1&x[__proto__][y]=1&[]=1&constructor=kept")).toEqual({ constructor: "kept" } as never);
  expect(read(`${"a[b]".replace("[b]", "[b]".repeat(20))}=1`)).toEqual({});
});

test("headers, cookies, peer and transport are handed on", () => {
  const request = new Request("http://127.0.0.1/socket/websocket", { headers: { cookie: "a=1; b=2", "X-Own": "y" } });
  const info = connectInfo(request, new URLSearchParams("q=1"), "10.0.0.1", "t", "longpoll");
  expect(info).toEqual({
    params: { q: "1" },
    headers: { cookie: "a=1; b=2", "x-own": "y" },
    cookies: { a: "1", b: "2" },
    token: "t",
    peer: "10.0.0.1",
    transport: "longpoll",
  });
});
