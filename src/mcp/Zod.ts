/**
 * What the MCP SDK uses of zod, built into a file of its own (scripts/support/LeanSdk.ts): a server loads it when a message comes that
 * is not plain, which few clients ever send.
 */
export {
  array,
  boolean,
  custom,
  discriminatedUnion,
  enum,
  intersection,
  iso,
  literal,
  looseObject,
  null,
  number,
  object,
  optional,
  preprocess,
  record,
  string,
  union,
  unknown
} from "zod/v4"
export { safeParse, safeParseAsync } from "zod/v4-mini"
