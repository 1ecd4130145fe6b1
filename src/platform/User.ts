/** Who uses this. Without Effect, for programs that must start fast. */
import { os } from "./Late.ts"

const nameInAccounts = (): string => {
  try {
    return os().userInfo().username
  } catch {
    // A container may run under a number that has no account.
    return ""
  }
}

/** The name that the system gives the user, or nothing. */
export const userName = process.env["USER"] || process.env["LOGNAME"] || nameInAccounts()
