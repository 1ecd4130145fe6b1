/** Tests that need a server of PostgreSQL. */
import { reasonAgainstPostgres } from "../../testkit/postgres/programs.ts"
import { it } from "./it.ts"
import { where } from "./where.ts"

const what = "PostgreSQL can't be run here"

/** A test that needs one. */
export const withPostgres = where(what, reasonAgainstPostgres)

/** The same for one that mostly waits, while others run. */
export const withPostgresMeanwhile = where(what, reasonAgainstPostgres, it.meanwhile)
