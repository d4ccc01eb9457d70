/** The main file of a gateway process: started by a node, never by hand. */

import { runGatewayProcess } from "./gateway-process.ts";
import { decodeGatewayBoot, GATEWAY_BOOT_VARIABLE } from "./gateway-process-boot.ts";

const boot = decodeGatewayBoot(process.env[GATEWAY_BOOT_VARIABLE]);
delete process.env[GATEWAY_BOOT_VARIABLE];
await runGatewayProcess(boot);
