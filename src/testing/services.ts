/**
 * The servers that some suites need: PostgreSQL, RabbitMQ, Redis, Chromium. Each is looked for at its usual local address, or
 * where `GODWIT_TEST_<NAME>` says (`off` switches it off). A suite whose service is missing is skipped, and says which one and why;
 * when `GODWIT_TEST_REQUIRE` names the service, it fails instead, so that a silent skip cannot be green.
 */
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { RedisClient, SQL } from "bun";
import { ConfigError, toError } from "../core/index.ts";

export const SERVICE_NAMES = ["postgres", "rabbitmq", "redis", "chromium"] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/**
 * - `available`: it answered in its own protocol at `address` (a URL; for Chromium the path of its executable).
 * - `missing`: skip, showing `reason`, which names the service, the address and the variable that moves it.
 */
export type Service =
  | { readonly kind: "available"; readonly name: ServiceName; readonly address: string }
  | { readonly kind: "missing"; readonly name: ServiceName; readonly reason: string };

interface ServiceProbe {
  readonly label: string;
  readonly variable: string;
  /** Tried in turn when the variable is not set. */
  readonly usualAddresses: readonly string[];
  /** Resolves when the service answers, throws when it does not. */
  readonly probe: (address: string) => Promise<void>;
}

const PROBE_TIMEOUT_MS = 3_000;

const PROBES: Readonly<Record<ServiceName, ServiceProbe>> = {
  postgres: {
    label: "PostgreSQL",
    variable: "GODWIT_TEST_POSTGRES",
    usualAddresses: [
      "postgres://postgres@127.0.0.1:5432/postgres",
      "postgres://postgres:postgres@127.0.0.1:5432/postgres",
    ],
    probe: probePostgres,
  },
  rabbitmq: {
    label: "RabbitMQ",
    variable: "GODWIT_TEST_RABBITMQ",
    usualAddresses: ["amqp://guest:guest@127.0.0.1:5672"],
    probe: probeAmqp,
  },
  redis: {
    label: "Redis",
    variable: "GODWIT_TEST_REDIS",
    usualAddresses: ["redis://127.0.0.1:6379"],
    probe: probeRedis,
  },
  chromium: {
    label: "Chromium",
    variable: "GODWIT_TEST_CHROMIUM",
    usualAddresses: [
      "/usr/bin/chromium",
      "/usr/bin/chromium-browser",
      "/usr/bin/google-chrome",
      "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ],
    probe: (path) => access(path, constants.X_OK),
  },
};

/** The environment variable that moves a service, or switches it off (`off`). */
export function serviceVariable(name: ServiceName): string {
  return PROBES[name].variable;
}

/**
 * Where a service answers, or why a suite that needs it is to be skipped.
 * @throws ConfigError (`config`) when it is missing although `GODWIT_TEST_REQUIRE` (names, separated by commas) lists it.
 * @example
 * const postgres = await requireService("postgres");
 * describe.skipIf(postgres.kind === "missing")(serviceTitle("the store on PostgreSQL", postgres), () => { … });
 */
export async function requireService(
  name: ServiceName,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Service> {
  const service = await findService(name, env);
  if (service.kind === "missing" && requiredServices(env).includes(name)) {
    throw new ConfigError(`${service.reason}; GODWIT_TEST_REQUIRE asks for it`);
  }
  return service;
}

/** One line for people: where it answers (without a password), or why it is missing. */
export function describeService(service: Service): string {
  if (service.kind === "missing") return service.reason;
  return `${PROBES[service.name].label} at ${withoutPassword(service.address)}`;
}

/** A suite's title, with the reason of its skip when its service is missing. */
export function serviceTitle(title: string, service: Service): string {
  return service.kind === "available" ? title : `${title} (skipped: ${service.reason})`;
}

function requiredServices(env: Readonly<Record<string, string | undefined>>): readonly ServiceName[] {
  const names = (env.GODWIT_TEST_REQUIRE ?? "").split(",").map((name) => name.trim());
  return names.filter((name) => name !== "").map(toServiceName);
}

function toServiceName(name: string): ServiceName {
  const known = SERVICE_NAMES.find((candidate) => candidate === name);
  if (!known)
    throw new ConfigError(`GODWIT_TEST_REQUIRE: expected names out of ${SERVICE_NAMES.join(", ")}, received ${name}`);
  return known;
}

async function findService(name: ServiceName, env: Readonly<Record<string, string | undefined>>): Promise<Service> {
  const { label, variable, usualAddresses, probe } = PROBES[name];
  const configured = env[variable];
  if (configured === "off") return { kind: "missing", name, reason: `${label} is switched off by ${variable}=off` };
  const failures: string[] = [];
  for (const address of configured ? [configured] : usualAddresses) {
    const failure = await answers(probe, address);
    if (failure === undefined) return { kind: "available", name, address };
    failures.push(`${withoutPassword(address)}: ${failure}`);
  }
  return { kind: "missing", name, reason: `${label} does not answer (${failures[0]}); set ${variable}` };
}

/** Undefined when the service answers, else what went wrong. */
async function answers(probe: ServiceProbe["probe"], address: string): Promise<string | undefined> {
  const deadline = Promise.withResolvers<never>();
  const timer = setTimeout(() => deadline.reject(new Error("no answer in time")), PROBE_TIMEOUT_MS);
  try {
    await Promise.race([probe(address), deadline.promise]);
    return undefined;
  } catch (thrown) {
    return toError(thrown).message.split("\n")[0] ?? "";
  } finally {
    clearTimeout(timer);
  }
}

function withoutPassword(address: string): string {
  return address.replace(/\/\/([^:@/]+):[^@/]*@/, "//$1@");
}

async function probePostgres(address: string): Promise<void> {
  const sql = new SQL(address, { max: 1, connectionTimeout: PROBE_TIMEOUT_MS / 1_000 });
  try {
    await sql`select 1`;
  } finally {
    await sql.close({ timeout: 0 });
  }
}

async function probeRedis(address: string): Promise<void> {
  const redis = new RedisClient(address, { autoReconnect: false, connectionTimeout: PROBE_TIMEOUT_MS });
  try {
    await redis.connect();
    await redis.send("PING", []);
  } finally {
    redis.close();
  }
}

/** A broker answers the AMQP 0-9-1 protocol header with its first method frame (type 1), Connection.Start. */
async function probeAmqp(address: string): Promise<void> {
  const { hostname, port } = new URL(address);
  const first = Promise.withResolvers<number | undefined>();
  const socket = await Bun.connect({
    hostname,
    port: Number(port || 5672),
    socket: {
      data: (_socket, bytes) => first.resolve(bytes[0]),
      close: () => first.reject(new Error("the connection was closed")),
    },
  });
  try {
    socket.write(new Uint8Array([0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1]));
    if ((await first.promise) !== 1) throw new Error("the answer is not AMQP 0-9-1");
  } finally {
    socket.end();
  }
}
