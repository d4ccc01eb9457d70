/** `/livez`: the process answers. `/readyz`: it can do its work, or why not. For load balancers and orchestrators. */

export interface Readiness {
  readonly ready: boolean;
  /** Why not, for people. */
  readonly reasons: readonly string[];
}

export function createHealth(readiness: () => Readiness): (pathname: string) => Response | undefined {
  return function health(pathname) {
    if (pathname === "/livez") return Response.json({ status: "ok" }, { headers: NO_STORE });
    if (pathname !== "/readyz") return undefined;
    const { ready, reasons } = readiness();
    const status = ready ? "ok" : "unavailable";
    return Response.json({ status, reasons }, { status: ready ? 200 : 503, headers: NO_STORE });
  };
}

const NO_STORE = { "cache-control": "no-store" };
