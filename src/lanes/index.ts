export type * from "./target.ts";
