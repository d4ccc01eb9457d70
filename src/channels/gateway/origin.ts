/**
 * May a page of this origin open a socket? Browsers send cookies with a WebSocket to any host, so the server must look (CWE-1385).
 * `"same-host"`: the origin's host name is the request's, whatever the port. A list: `"https://app.example.com"` (scheme, host, port as written),
 * `"//app.example.com"` (any scheme and port) or `"//*.example.com"` (any name below). `false`: everybody may.
 */
export type OriginPolicy = "same-host" | readonly string[] | false;

/** A request without an origin comes from no browser: it may. */
export function originAllowed(origin: string | null, host: string | null, policy: OriginPolicy): boolean {
  if (policy === false || origin === null) return true;
  const url = URL.parse(origin);
  if (!url) return false; // "null": a sandboxed or local page, which could be anybody's.
  if (policy === "same-host") return host !== null && url.hostname === URL.parse(`http://${host}`)?.hostname;
  return policy.some((allowed) => matches(url, origin, allowed));
}

function matches(url: URL, origin: string, allowed: string): boolean {
  if (allowed.startsWith("//*.")) return url.hostname.endsWith(allowed.slice(3));
  if (allowed.startsWith("//")) return url.hostname === allowed.slice(2);
  return origin === allowed;
}
