/** The old client has the newest one's shape, as far as the tests use it. */
declare module "phoenix-1.7" {
  export * from "phoenix";
}
