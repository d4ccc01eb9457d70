/** Payloads between a user's values and the link. */
import { InvalidInputError } from "../../core/index.ts";
import { type LinkBody, toLinkBody } from "../protocol.ts";
import type { Outgoing } from "./context-types.ts";

/** @throws InvalidInputError on what is neither an object that JSON can hold nor bytes. */
export function outgoingBody(payload: Outgoing, path: string): LinkBody {
  return payload instanceof Uint8Array ? toLinkBody(payload) : objectText(payload, path);
}

/** JSON text of an object. @throws InvalidInputError */
export function objectText(payload: unknown, path: string): string {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) {
    throw new InvalidInputError(path, "an object", payload);
  }
  try {
    return JSON.stringify(payload);
  } catch (cause) {
    throw new InvalidInputError(path, `an object that JSON can hold (${String(cause)})`, Object.keys(payload));
  }
}
