/** Longest line that is passed on whole, in characters; a longer one comes in pieces, so that a process without line ends costs no memory. */
const MAX_LINE_CHARS = 64 * 1024;

/** Reads a stream as UTF-8 text lines until it ends; never throws. */
export async function readLines(stream: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const bytes of stream) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(line);
      if (rest.length > MAX_LINE_CHARS) {
        onLine(rest);
        rest = "";
      }
    }
  } catch {
    // The process is gone and its pipe with it; what was read is all there is.
  }
  if (rest !== "") onLine(rest);
}

/** The last lines of an output, at most `maxChars` of them. */
export class OutputTail {
  readonly #maxChars: number;
  #text = "";

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  add(line: string): void {
    this.#text = `${this.#text}${line}\n`.slice(-this.#maxChars);
  }

  get text(): string {
    return this.#text;
  }
}
