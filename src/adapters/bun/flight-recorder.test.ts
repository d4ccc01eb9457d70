import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FlightRecorder, readFlightRecorder } from "./flight-recorder.ts";

describe("the flight recorder", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "godwit-recorder-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("tells what was running when its process was killed", async () => {
    const path = join(folder, "flight");
    const script = `
      import { FlightRecorder } from ${JSON.stringify(join(import.meta.dir, "flight-recorder.ts"))};
      const recorder = new FlightRecorder(${JSON.stringify(path)});
      recorder.started({ shard: 3, stream: "in", seq: 7 });
      recorder.started({ shard: 63, stream: "out", seq: 2 ** 40 });
      recorder.started({ shard: 3, stream: "in", seq: 8 });
      recorder.finished({ shard: 3, stream: "in", seq: 7 });
      process.kill(process.pid, "SIGKILL");`;
    const child = Bun.spawn([process.execPath, "-e", script], { stderr: "inherit" });
    await child.exited;
    expect(child.signalCode).toBe("SIGKILL");
    expect([...readFlightRecorder(path)].sort((a, b) => a.seq - b.seq)).toEqual([
      { shard: 3, stream: "in", seq: 8 },
      { shard: 63, stream: "out", seq: 2 ** 40 },
    ]);
  });

  test("is empty when everything finished, when begun anew, and when the file is missing or torn", () => {
    const path = join(folder, "flight");
    const recorder = new FlightRecorder(path);
    recorder.started({ shard: 0, stream: "in", seq: 1 });
    recorder.finished({ shard: 0, stream: "in", seq: 1 });
    expect(readFlightRecorder(path)).toEqual([]);
    recorder.started({ shard: 0, stream: "in", seq: 2 });
    new FlightRecorder(path);
    expect(readFlightRecorder(path)).toEqual([]);
    expect(readFlightRecorder(join(folder, "none"))).toEqual([]);
    writeFileSync(join(folder, "torn"), "abc");
    expect(readFlightRecorder(join(folder, "torn"))).toEqual([]);
  });
});
