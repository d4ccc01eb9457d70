/** The main file of a worker process: started by a node, never by hand. */
import { decodeWorkerBoot, WORKER_BOOT_VARIABLE } from "../worker-boot.ts";
import { runWorker } from "./worker.ts";

const boot = decodeWorkerBoot(process.env[WORKER_BOOT_VARIABLE]);
delete process.env[WORKER_BOOT_VARIABLE]; // It may hold a password; user code and its children have no use for it.
await runWorker(boot);
