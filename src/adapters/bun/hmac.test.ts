import { expect, test } from "bun:test";
import { webCryptoHmac } from "../../connectors/index.ts";
import { bunHmac } from "./hmac.ts";

test("agrees with RFC 4231's second test case", async () => {
  const signature = await bunHmac(new TextEncoder().encode("Jefe"))(
    new TextEncoder().encode("what do ya want for nothing?"),
  );
  expect(signature.toHex()).toBe("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
});

test("agrees with WebCrypto, time after time under the same key", async () => {
  const key = crypto.getRandomValues(new Uint8Array(100));
  const [bun, web] = [bunHmac(key), webCryptoHmac(key)];
  for (const length of [0, 1, 64, 1_000]) {
    const bytes = crypto.getRandomValues(new Uint8Array(length));
    expect((await bun(bytes)).toHex()).toBe((await web(bytes)).toHex());
  }
});
