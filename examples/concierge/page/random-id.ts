const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";

/** 80 random bits as 16 letters. `crypto.randomUUID` would need https. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => LETTERS[byte & 31]).join("");
}
