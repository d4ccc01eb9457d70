import { describe, expect, test } from "bun:test";
import { bunHmac } from "../../adapters/bun/index.ts";
import { createDoor, webhook } from "../../connectors/index.ts";
import { decodeSecret, signatureHeaders } from "../../connectors/standard-webhooks.ts";
import { DONE, LaneWorld, target } from "../../lanes/lane-fixture.ts";
import { Appender } from "../../log/index.ts";
import { createWebhooks } from "./webhooks.ts";

const SECRET = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
const HMAC = bunHmac(decodeSecret(SECRET) as Uint8Array<ArrayBuffer>);

describe("a webhook while no worker takes messages on", () => {
  test("is accepted until the shard's bound, then refused with 503 and Retry-After, and accepted again once workers are back", async () => {
    await using world = await LaneWorld.open(1);
    const { clock, events, store } = world;
    const { manifest } = webhook({ name: "shop", to: "orders", key: "/order", secret: SECRET }, {});
    const doors = [createDoor(manifest, { createHmac: bunHmac, clock })];
    const appender = new Appender({ store, clock, events, maxBacklog: 5 });
    const webhooks = createWebhooks(doors, { appender, shardCount: 1, events });
    let sent = 0;
    const post = async (): Promise<Response> => {
      const body = JSON.stringify({ order: "4711" });
      const headers = await signatureHeaders(`evt-${++sent}`, clock.wallMs(), body, HMAC);
      const request = new Request("http://node/webhooks/shop", { method: "POST", headers, body });
      const answer = await webhooks.respond(request, "/webhooks/shop");
      await clock.advanceAsync(1_000);
      return answer as Response;
    };
    const answers: Response[] = [];
    while (answers.at(-1)?.status !== 503 && answers.length < 20) answers.push(await post());
    expect(answers.slice(0, -1).every(({ status }) => status === 200)).toBe(true);
    expect(answers.length).toBeGreaterThanOrEqual(6);
    const refused = answers.at(-1) as Response;
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await refused.json()).toMatchObject({ error: { code: "busy" } });
    expect(await world.stream("in")).toHaveLength(answers.length - 1);
    await world.worker([target(() => DONE, { name: "orders" })]);
    await world.until(async () => (await post()).status === 200);
  });
});
