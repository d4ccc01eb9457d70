import { describe, expect, test } from "bun:test";
import { SignJWT } from "jose";
import { z } from "zod";
import { DAY, HOUR, ManualClock, MINUTE, SECOND } from "../core/index.ts";
import { createReplayGuard, signToken, TokenError, type VerifyTokenOptions, verifyToken } from "./index.ts";

const secret = "0123456789abcdef0123456789abcdef";
const other = "another secret, as long as it takes to be one";

async function codeOf(token: string | null, options: VerifyTokenOptions): Promise<string> {
  try {
    await verifyToken(token, options);
    return "accepted";
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(TokenError);
    return (thrown as TokenError).code;
  }
}

/** A token as another program would make it. */
function foreign(
  claims: Record<string, unknown>,
  bytes = secret,
  header: { alg: string; kid?: string } = { alg: "HS256" },
) {
  return new SignJWT(claims).setProtectedHeader(header).sign(new TextEncoder().encode(bytes));
}

describe("a token", () => {
  test("gives back its claims, with its id and its end", async () => {
    const clock = new ManualClock();
    const token = await signToken({ user: "ada", roles: ["admin"] }, { secret, maxAge: "1 hour", clock });
    const verified = await verifyToken(token, { secret, clock });
    expect(verified.claims).toEqual({ user: "ada", roles: ["admin"] });
    expect(verified.expiresAtMs).toBe(Math.floor(clock.wallMs() / SECOND) * SECOND + HOUR);
    const again = await signToken({ user: "ada" }, { secret });
    expect((await verifyToken(again, { secret })).id).not.toBe(verified.id);
  });

  test("holds for a day when nothing else is said, and not a second longer", async () => {
    const clock = new ManualClock();
    const token = await signToken({}, { secret, clock });
    clock.advance(DAY - SECOND);
    expect(await codeOf(token, { secret, clock })).toBe("accepted");
    clock.advance(2 * SECOND);
    expect(await codeOf(token, { secret, clock })).toBe("token_expired");
    expect(await codeOf(token, { secret, clock, clockTolerance: "1 minute" })).toBe("accepted");
  });

  test("can be held to a shorter age by whoever verifies it, and says so", async () => {
    const clock = new ManualClock();
    const token = await signToken({}, { secret, maxAge: "1 day", clock });
    const { expiresAtMs } = await verifyToken(token, { secret, maxAge: "10 minutes", clock });
    expect(expiresAtMs).toBe(Math.floor(clock.wallMs() / SECOND) * SECOND + 10 * MINUTE);
    clock.advance(11 * MINUTE);
    expect(await codeOf(token, { secret, maxAge: "10 minutes", clock })).toBe("token_expired");
  });

  test("may begin to be valid later", async () => {
    const clock = new ManualClock();
    const token = await signToken({}, { secret, validAfter: "1 hour", maxAge: "1 hour", clock });
    expect(await codeOf(token, { secret, clock })).toBe("token_not_yet_valid");
    clock.advance(HOUR + SECOND);
    expect(await codeOf(token, { secret, clock })).toBe("accepted");
  });

  test("has claims of a known shape where a schema is given", async () => {
    const claims = z.object({ user: z.string() });
    const good = await verifyToken(await signToken({ user: "ada" }, { secret }), { secret, claims });
    const user: string = good.claims.user;
    expect(user).toBe("ada");
    const bad = verifyToken(await signToken({ user: 7 }, { secret }), { secret, claims });
    expect(bad).rejects.toMatchObject({ code: "token_claims_invalid", message: expect.stringContaining("user") });
  });
});

describe("keys", () => {
  const [january, february] = [
    { id: "january", secret },
    { id: "february", secret: other },
  ];

  test("rotate: the first signs, all verify, and what a removed one signed is refused", async () => {
    const old = await signToken({ user: "ada" }, { keys: [january] });
    const fresh = await signToken({ user: "ada" }, { keys: [february, january] });
    for (const token of [old, fresh]) expect(await codeOf(token, { keys: [february, january] })).toBe("accepted");
    expect(await codeOf(old, { keys: [february] })).toBe("token_unknown_key");
    expect(await codeOf(fresh, { keys: [{ ...february, secret }] })).toBe("token_bad_signature");
  });

  test.each([
    ["a short secret", { secret: "short" }, 'secret: expected a text of at least 32 bytes, received "5 bytes"'],
    ["no keys", { keys: [] }, "keys: expected at least one key"],
    ["a key without a name", { keys: [{ id: "", secret }] }, "keys[0].id"],
    ["two keys of one name", { keys: [january, { ...january, secret: other }] }, "a different id for each"],
  ])("that are %s are refused, without a word of the secret", async (_what, keys, message) => {
    const signing = signToken({}, keys as never);
    await expect(signing).rejects.toThrow(message);
    await expect(signing).rejects.not.toThrow(secret);
  });

  test("claims that the options set are refused", async () => {
    for (const name of ["exp", "iat", "nbf", "jti"]) {
      await expect(signToken({ [name]: 1 }, { secret })).rejects.toThrow(`claims.${name}`);
    }
  });
});

describe("a forged or broken token", () => {
  test.each([
    ["that is missing", null, "token_missing"],
    ["that is empty", "", "token_missing"],
    ["that is no token", "letmein", "token_malformed"],
    ["of three dots", "a.b.c", "token_malformed"],
    ["as long as a book", "x".repeat(100_000), "token_malformed"],
  ])("%s is refused", async (_what, token, code) => {
    expect(await codeOf(token, { secret })).toBe(code);
  });

  test("with another's signature, or a changed claim, is refused", async () => {
    const token = await signToken({ user: "eve" }, { secret: other });
    expect(await codeOf(token, { secret })).toBe("token_bad_signature");
    const [head, body, signature] = (await signToken({ user: "eve" }, { secret })).split(".") as [
      string,
      string,
      string,
    ];
    const changed = btoa(atob(body).replace("eve", "ada")).replaceAll("=", "");
    expect(await codeOf(`${head}.${changed}.${signature}`, { secret })).toBe("token_bad_signature");
  });

  test("that says it needs no signature, or names another algorithm, is refused", async () => {
    const body = btoa(JSON.stringify({ user: "ada", exp: 9e9, iat: 1, jti: "x" })).replaceAll("=", "");
    const none = btoa(JSON.stringify({ alg: "none" })).replaceAll("=", "");
    expect(await codeOf(`${none}.${body}.`, { secret })).toBe("token_bad_signature");
    const long = await foreign({ exp: 9e9, iat: 1, jti: "x" }, secret + secret, { alg: "HS512" });
    expect(await codeOf(long, { secret })).toBe("token_bad_signature");
  });

  test.each([
    ["end", { iat: 1, jti: "x" }],
    ["id", { iat: 1, exp: 9e9 }],
    ["beginning", { exp: 9e9, jti: "x" }],
  ])("without %s is refused, though it is signed", async (_what, claims) => {
    expect(await codeOf(await foreign(claims), { secret })).toBe("token_malformed");
  });
});

describe("a token that is good once", () => {
  test("is refused when it is shown again", async () => {
    const once = createReplayGuard();
    const token = await signToken({}, { secret });
    expect(await codeOf(token, { secret, once })).toBe("accepted");
    expect(await codeOf(token, { secret, once })).toBe("token_replayed");
  });

  test("is remembered until it expires; a full memory takes no new one rather than forget a valid one", async () => {
    const clock = new ManualClock();
    const guard = createReplayGuard({ maxTokens: 2, clock });
    const end = clock.wallMs() + MINUTE;
    expect([guard.take("a", end), guard.take("b", end), guard.take("a", end)]).toEqual([true, true, false]);
    expect(() => guard.take("c", end)).toThrow("the memory of used tokens is full");
    clock.advance(MINUTE);
    expect(guard.take("c", end + MINUTE)).toBe(true);
  });
});
