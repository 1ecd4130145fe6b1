/** Tests that need a server of PostgreSQL. */
import type { Effect } from "effect"
import { reasonAgainstPostgres } from "../../testkit/postgres/programs.ts"
import { it } from "./it.ts"
import { where } from "./where.ts"

const what = "PostgreSQL can't be run here"

/** A test that needs one. */
export const withPostgres = where(what, reasonAgainstPostgres)

/** The same for one that mostly waits, while others run. */
export const withPostgresMeanwhile = where(what, reasonAgainstPostgres, it.meanwhile)

/** As if a server had been there for long: only then somebody who is not connected is taken for dead. */
export const settled = (bus: { readonly sql: (text: string) => Effect.Effect<string> }) =>
  bus.sql("CREATE OR REPLACE FUNCTION cc_dm.is_settled() RETURNS boolean LANGUAGE sql AS $$ SELECT true $$")
