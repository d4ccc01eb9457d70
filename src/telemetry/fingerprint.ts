/** Which failures are the same? Those of one kind that were thrown at one place of the app; where that is not known, those that say the same but for numbers and names. */
import { hash32 } from "../core/index.ts";

/** A failure as it is told: by an event, or read from a dead letter. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
}

export interface StackFrame {
  /** Empty for code outside of any function. */
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Which files are the app's own. */
export type OwnsFile = (file: string) => boolean;

const FRAME = /^\s*at (?:(?:async )?(.*?) \()?(?:file:\/\/)?(.+?):(\d+):(\d+)\)?$/;
/** Frames of the app that make the difference. More would part what one line causes by way of several callers. */
const TELLING_FRAMES = 3;
const MAX_TITLE = 200;

/**
 * A fingerprint of 16 hexadecimal digits. From the error's name and the function and file of the app's topmost frames, but not their lines: they
 * move with every edit. A frame without a function has its line. The stack is the runtime's, which maps it to the source by itself.
 */
export function fingerprintOf(failure: Failure, owns: OwnsFile): string {
  const own = framesOf(failure.stack ?? "").filter(({ file }) => owns(file));
  const places = own
    .slice(0, TELLING_FRAMES)
    .map(({ name, file, line }) => `${baseName(file)}#${name === "" ? line : name}`);
  const what = places.length > 0 ? places : [withoutVariables(failure.message)];
  const text = [failure.name, ...what].join("\n");
  return hexadecimal(hash32(text)) + hexadecimal(hash32(`${text}\n.`));
}

/** One line for people: the error, and where in the app. */
export function titleOf({ name, message, stack }: Failure, owns: OwnsFile): string {
  const [frame] = framesOf(stack ?? "").filter(({ file }) => owns(file));
  const [line = ""] = message.split("\n", 1);
  const place = frame ? ` at ${baseName(frame.file)}:${frame.line}` : "";
  const text = `${name}: ${line}`;
  return text.slice(0, MAX_TITLE - place.length) + place;
}

export function framesOf(stack: string): readonly StackFrame[] {
  return stack.split("\n").flatMap((text) => {
    const match = FRAME.exec(text);
    if (!match) return [];
    const [, name = "", file = "", line, column] = match;
    return [{ name: name === "<anonymous>" ? "" : name, file, line: Number(line), column: Number(column) }];
  });
}

/** Numbers, ids, quoted texts and addresses are what differs between two failures of one cause. */
export function withoutVariables(message: string): string {
  return message
    .slice(0, 1_000)
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, "<id>")
    .replaceAll(/\b[md]\d+-\d+\b/g, "<message>")
    .replaceAll(/"[^"]*"|'[^']*'|`[^`]*`/g, "<text>")
    .replaceAll(/\b0x[0-9a-f]+\b|\b[0-9a-f]{12,}\b/gi, "<hex>")
    .replaceAll(/\d+(\.\d+)?/g, "<n>");
}

/** Without its folder, which differs with each release. */
function baseName(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1);
}

function hexadecimal(hash: number): string {
  return hash.toString(16).padStart(8, "0");
}
