/** The inbox of errors: failures grouped by their cause, each open, resolved or ignored. */
import { GodwitError } from "../core/index.ts";
import { type ErrorGroup, type ErrorState, parseMessageId } from "../store/index.ts";
import { type Clipped, clip, type Listing, pageOf, toListing } from "./listing.ts";
import type { Params } from "./params.ts";
import type { InspectSources } from "./sources.ts";

/** A group without its sample. */
export type ErrorRow = Omit<ErrorGroup, "sample">;

export interface ErrorDetails extends ErrorRow {
  /** The newest failure. */
  readonly where: string;
  readonly stack: string | null;
  readonly messageId: string | null;
  readonly key: string | null;
  /** The message that caused it, while the log has it. */
  readonly body: Clipped | null;
}

const STATES: readonly ErrorState[] = ["open", "resolved", "ignored"];

export async function listErrors({ store }: InspectSources, params: Params): Promise<Listing<ErrorRow>> {
  const state = params.choice("state", STATES) ?? "open";
  return toListing(await store.errors({ state }, pageOf(params)), toRow);
}

/** @throws GodwitError `not_found`. */
export async function showError({ store }: InspectSources, params: Params): Promise<ErrorDetails> {
  const group = await requireGroup(store, params.text("fingerprint"));
  const sample = JSON.parse(group.sample) as {
    readonly where?: string;
    readonly stack?: string;
    readonly messageId?: string;
    readonly key?: string;
  };
  const message = sample.messageId === undefined ? undefined : await store.message(parseMessageId(sample.messageId));
  return {
    ...toRow(group),
    where: sample.where ?? "",
    stack: sample.stack ?? null,
    messageId: sample.messageId ?? null,
    key: sample.key ?? null,
    body: message ? clip(message.body) : null,
  };
}

/** @throws GodwitError `not_found`; InvalidInputError when `state` is none. */
export async function decideError({ store }: InspectSources, params: Params): Promise<ErrorRow> {
  const fingerprint = params.text("fingerprint");
  const state = params.choice("state", STATES) ?? "resolved";
  await requireGroup(store, fingerprint);
  await store.decideError(fingerprint, state);
  return toRow(await requireGroup(store, fingerprint));
}

async function requireGroup(store: InspectSources["store"], fingerprint: string): Promise<ErrorGroup> {
  const group = await store.error(fingerprint);
  if (group) return group;
  throw new GodwitError("not_found", `the inbox has no error ${fingerprint}; godwit errors lists them`);
}

function toRow({ sample: _sample, ...row }: ErrorGroup): ErrorRow {
  return row;
}
