import type { HistoryRecord, Seq } from "../../store/index.ts";
import type { ChannelId } from "../protocol.ts";
import { asObjectText, withFields } from "./history-fields.ts";

/** A durable broadcast as clients get it. */
export interface SequencedBroadcast {
  readonly seq: Seq;
  readonly event: string;
  /** JSON text of an object that holds `seq`. */
  readonly body: string;
  readonly except?: ChannelId;
}

export function fromRecord({ seq, event, payload }: HistoryRecord): SequencedBroadcast {
  return sequenced(seq, event, payload, undefined);
}

export function sequenced(seq: Seq, event: string, body: string, except: ChannelId | undefined): SequencedBroadcast {
  const broadcast = { seq, event, body: withFields(asObjectText(body), { seq }) };
  return except === undefined ? broadcast : { ...broadcast, except };
}
