/** The engine that the tests run on: the file, or with `CC_DM_TEST_ENGINE=postgres` PostgreSQL. */
import { test } from "bun:test"
import type { Engine } from "../../src/bus/engine/Database.ts"
import type { it } from "./it.ts"

export const engineUnderTest: Engine = process.env["CC_DM_TEST_ENGINE"] === "postgres" ? "postgres" : "sqlite"

type Group = (name: string, tests: () => void) => void

const said = new Set<string>()

/**
 * A test, or tests, of what only the file has; skipped on PostgreSQL, with the reason, which docs/internals/storage.md lists. `make`: `it.live`,
 * `it.effect` or `describe`.
 */
export function onFile(reason: string, make: typeof it.live): typeof it.live
export function onFile(reason: string, make: Group): Group
export function onFile(reason: string, make: typeof it.live | Group): typeof it.live | Group {
  if (engineUnderTest === "sqlite") return make
  if (!said.has(reason)) process.stderr.write(`skipped, since on PostgreSQL ${reason}\n`)
  said.add(reason)
  return (name: string) => test.skip(name, () => {})
}

/** A text as the bus keeps it: PostgreSQL has no place for a zero, and keeps the sign of one. */
export const asKept = (text: string): string =>
  engineUnderTest === "postgres" ? text.replaceAll("\u0000", "\u2400") : text

/** Reasons that several files have. */
export const noOldServers = "there are no servers of 1.3.1"
export const noFile = "there is no file"
export const noSockets = "doorbells are no sockets"
export const typedColumns = "a column takes only what is of its type, and no session is without an id"
