/** A provider that takes every delivery at once. */
import { say } from "../measure/program.ts";

const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response(null, { status: 204 }) });
say({ kind: "listening", url: `http://127.0.0.1:${server.port}/` });
