/** `npm run drill`: seeds eight faults in real nodes, one after the other, and shows what `godwit doctor` says of each. Fails when it names one wrongly. */
import path from "node:path";

const child = Bun.spawn([process.execPath, "test", "test/drill"], {
  cwd: path.join(import.meta.dir, ".."),
  env: { ...process.env, DRILL: "1" },
  stdout: "inherit",
  stderr: "inherit",
});
process.exit(await child.exited);
