/** Sends groups of failures to Sentry, when `SENTRY_DSN` says where. Few requests at a time; what comes beyond is passed over. */
import { type Events, GodwitError, toError } from "../../core/index.ts";
import type { ErrorNote } from "../../store/index.ts";
import { type Failure, readSentryDsn, sentryEnvelope } from "../../telemetry/index.ts";
import { ownsFile } from "./error-inbox.ts";

const TIMEOUT_MS = 5_000;
/** Requests under way; past it a group is not sent, as it stands in our own inbox. */
const MOST_AT_ONCE = 10;

/** Undefined without a DSN. @throws ConfigError when it is none. */
export function createSentryForward(
  dsn: string | undefined,
  node: string,
  events: Events,
): ((note: ErrorNote, failure: Failure) => void) | undefined {
  if (!dsn) return undefined;
  const target = readSentryDsn(dsn);
  let underWay = 0;
  const send = async (envelope: string): Promise<void> => {
    const headers = {
      "content-type": "application/x-sentry-envelope",
      "x-sentry-auth": `Sentry sentry_version=7, sentry_client=godwit, sentry_key=${target.publicKey}`,
    };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await fetch(target.url, { method: "POST", headers, body: envelope, signal });
    if (!answer.ok) throw new GodwitError("sentry_refused", `Sentry answered ${answer.status}`);
  };
  return (note, failure) => {
    if (underWay >= MOST_AT_ONCE) return;
    underWay++;
    const { fingerprint, lastAtMs: atMs, codeVersion: release, count } = note;
    const eventId = crypto.randomUUID().replaceAll("-", "");
    const report = { eventId, failure, fingerprint, atMs, release, node, count, tags: { fingerprint } };
    send(sentryEnvelope(target, report, ownsFile))
      .catch((thrown) => void events.emit("listener.failed", { event: "sentry", error: toError(thrown) }))
      .finally(() => {
        underWay--;
      });
  };
}
