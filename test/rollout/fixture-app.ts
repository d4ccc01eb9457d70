/** A copy of an app that a test may change while it runs. */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";

const FIXTURES = join(import.meta.dir, "fixtures");

export class EditableApp implements AsyncDisposable {
  readonly path: string;
  readonly #folder: string;
  readonly #original: string;

  private constructor(folder: string, original: string) {
    this.#folder = folder;
    this.#original = original;
    this.path = join(folder, "app.ts");
  }

  /** Beside the fixtures, so that it finds its packages. */
  static async of(fixture: string): Promise<EditableApp> {
    const original = await Bun.file(join(FIXTURES, fixture)).text();
    const app = new EditableApp(await mkdtemp(join(FIXTURES, ".edited-")), original);
    await app.write(original);
    return app;
  }

  /** The original, with a text replaced. */
  async edit(text: string, by: string): Promise<void> {
    if (!this.#original.includes(text)) throw new Error(`the fixture does not hold ${text}`);
    await this.write(this.#original.replace(text, by));
  }

  async write(text: string): Promise<void> {
    await Bun.write(this.path, text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
