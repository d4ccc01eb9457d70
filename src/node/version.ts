import manifest from "../../package.json" with { type: "json" };

/** The version of this package, as the node tells it. */
export const VERSION: string = manifest.version;
