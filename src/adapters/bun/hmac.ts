import type { CreateHmac } from "../../connectors/index.ts";

/** HMAC-SHA256 by Bun's own hasher: synchronous, so that verifying a webhook costs no turn of the event loop. */
export const bunHmac: CreateHmac = (key) => {
  const keyed = new Bun.CryptoHasher("sha256", key);
  return (bytes) => keyed.copy().update(bytes).digest();
};
