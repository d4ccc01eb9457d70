/** A node with several gateways on one port: for its clients they are one, also when one of them dies. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { NodeProcess } from "../node/node-process.ts";
import { Client } from "./client.ts";

const APP = join(import.meta.dir, "fixtures/cluster-app.ts");
const TOKEN = "a-token-for-the-tests";
const CLIENTS = 24;
const USERS: readonly string[] = Array.from({ length: CLIENTS }, (_, i) => `user-${i}`);

const start = (...more: string[]) =>
  NodeProcess.start({ app: APP, arguments: ["--gateways", "3", ...more], env: { GODWIT_API_TOKEN: TOKEN } });

/** Processes of the node that run this main file. */
async function processes(node: NodeProcess, main: string): Promise<readonly number[]> {
  const pids = await node.workers();
  const lines = await Promise.all(pids.map((pid) => commandOf(pid)));
  return pids.filter((_, i) => lines[i]?.includes(main));
}

/** Empty for a process that has just ended. */
function commandOf(pid: number): Promise<string> {
  return Bun.file(`/proc/${pid}/cmdline`)
    .text()
    .catch(() => "");
}

const gateways = (node: NodeProcess) => processes(node, "gateway-process-main.ts");

function api(node: NodeProcess, method: string, path: string, body?: object): Promise<Response> {
  return fetch(`${node.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
}

describe("a node with three gateways", () => {
  test("shows all its clients the same presences and broadcasts, wherever the kernel has put them", async () => {
    await using node = await start("--workers", "2");
    expect(await gateways(node)).toHaveLength(2);
    const clients = USERS.map((user) => new Client(node.url, user));
    const here = await Promise.all(clients.map((client) => client.join("room:1")));
    const everybody = [...USERS].sort().join();
    for (const one of here) await one.until(() => one.present().join() === everybody);
    const refs = new Set(Object.values((await here[0]?.push("who", {})) ?? {}).flat());
    expect(refs.size).toBe(CLIENTS);
    here[3]?.channel.push("say", { from: 3 });
    for (const one of here) await one.until(() => one.said.length === 1);
    expect(
      (await api(node, "POST", "/api/topics/room:1/broadcasts", { event: "said", payload: { from: "api" } })).status,
    ).toBe(202);
    for (const one of here) await one.until(() => one.said.length === 2);
    expect(here.map(({ said }) => said)).toEqual(here.map(() => [{ from: 3 }, { from: "api" }]));
    for (const client of clients) client.socket.disconnect();
  }, 30_000);

  test("answers the API and its own pages at each of them", async () => {
    await using node = await start();
    const statuses = new Set<string>();
    for (let i = 0; i < 30; i++) {
      for (const path of ["/api/node", "/readyz", "/api/nothing-there"]) {
        statuses.add(`${path} ${(await api(node, "GET", path)).status}`);
      }
    }
    expect([...statuses].sort()).toEqual(["/api/node 200", "/api/nothing-there 404", "/readyz 200"]);
  }, 30_000);

  test("loses no client when one of them is killed: they come back, resume, and it is started again", async () => {
    await using node = await start("--workers", "2");
    const clients = USERS.map((user) => new Client(node.url, user));
    const live = await Promise.all(clients.map((client) => client.join("room:1")));
    const logs = await Promise.all(
      clients.map((client) => {
        let seen: number | undefined;
        client.socket.onMessage(({ topic, payload }) => {
          const { seq, response } = payload as { seq?: number; response?: { seq?: number } };
          if (topic === "log:1") seen = seq ?? response?.seq ?? seen;
        });
        return client.join("log:1", () => (seen === undefined ? {} : { since: seen }));
      }),
    );
    const everybody = [...USERS].sort().join();
    for (const one of live) await one.until(() => one.present().join() === everybody);
    const [victim] = await gateways(node);
    process.kill(victim as number, "SIGKILL");
    for (let i = 0; i < 50; i++)
      await api(node, "POST", "/api/topics/log:1/broadcasts", { event: "said", payload: { i } }).catch(() => i--);
    for (const one of logs) await one.until(() => one.said.at(-1)?.i === 49);
    for (const one of logs)
      expect(one.said.map(({ seq }) => seq)).toEqual(Array.from({ length: one.said.length }, (_, i) => i + 1));
    for (const one of live) await one.until(() => one.present().join() === everybody);
    expect((await node.logged("service.restarting")).path).toBe("node/gateways/g1");
    for (const client of clients) client.socket.disconnect();
  }, 60_000);

  test("moves to new code at each of them", async () => {
    await using node = await start("--workers", "2");
    const clients = USERS.map((user) => new Client(node.url, user));
    const here = await Promise.all(clients.map((client) => client.join("room:1")));
    const before = await processes(node, "worker/main.ts");
    const { execPath } = process;
    const main = join(import.meta.dir, "../../src/cli/main.ts");
    const deploy = Bun.spawn([execPath, main, "deploy", APP, "--data", node.dataFolder, "--json"], { stdout: "pipe" });
    expect(await deploy.exited).toBe(0);
    while ((await processes(node, "worker/main.ts")).some((pid) => before.includes(pid))) await Bun.sleep(20);
    for (const one of here) expect((await one.push("who", {})).keys).toHaveLength(CLIENTS);
    here[0]?.channel.push("say", { after: "the deploy" });
    for (const one of here) await one.until(() => one.said.length === 1);
    for (const client of clients) client.socket.disconnect();
  }, 30_000);

  test("refuses a port that another program has, and does not hide behind sharing it", async () => {
    using other = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const main = join(import.meta.dir, "../../src/cli/main.ts");
    const command = [process.execPath, main, "start", APP, "--gateways", "2", "--port", String(other.port)];
    const data = `/tmp/godwit-test-${crypto.randomUUID()}`;
    const node = Bun.spawn([...command, "--data", data], { stdout: "ignore", stderr: "pipe" });
    expect(await new Response(node.stderr).text()).toContain(`port ${other.port} is in use`);
    expect(await node.exited).not.toBe(0);
    await Bun.$`rm -rf ${data}`;
  }, 30_000);
});
