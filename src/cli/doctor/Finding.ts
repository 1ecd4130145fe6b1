/** What a check of `cc-dm doctor` found. */
import type { FindingJson } from "../Json.ts"

export type Finding = typeof FindingJson.Type

/** All is as it should be. */
export const ok = (check: string, message: string): Finding => ({
  check,
  state: "ok",
  message,
  advice: null
})

/** Worth knowing, and no reason to do anything. In JSON it is a `note`, as it always was. */
export const hint = (check: string, message: string, advice: string | null = null): Finding => ({
  check,
  state: "note",
  message,
  advice
})

/** Something is wrong, and `advice` puts it right. */
export const attention = (check: string, message: string, advice: string): Finding => ({
  check,
  state: "attention",
  message,
  advice
})
