/**
 * HMAC-SHA256 as a port: `createHmac(key)` gives a function from bytes to 32 bytes. WebCrypto runs everywhere but answers
 * through the event loop: Messenger's door takes 29,000 webhooks a second with it, one after the other on one core, and
 * 490,000 with the runtime's own synchronous hasher, which `adapters/bun` provides (Bun 1.4.5).
 */
export type CreateHmac = (key: Uint8Array<ArrayBuffer>) => Hmac;
export type Hmac = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** HMAC-SHA256 by WebCrypto, for runtimes without a synchronous one. */
export const webCryptoHmac: CreateHmac = (key) => {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
  return async (bytes) => {
    const signature = await crypto.subtle.sign("HMAC", await imported, bytes as Uint8Array<ArrayBuffer>);
    return new Uint8Array(signature);
  };
};

/**
 * Compares without an early exit, so that the time taken tells nothing about where two secrets differ. Lengths are no
 * secret.
 */
export function equalInConstantTime(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let i = 0; i < left.length; i++) difference |= (left[i] as number) ^ (right[i] as number);
  return difference === 0;
}

const encoder = new TextEncoder();

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** Bytes of a lower- or upper-case hex text; undefined when it is none. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** Bytes of a base64 text; undefined when it is none. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
