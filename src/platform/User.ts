/** Who uses this. Without Effect, for programs that must start fast. */
import { userInfo } from "node:os"

const nameInAccounts = (): string => {
  try {
    return userInfo().username
  } catch {
    // A container may run under a number that has no account.
    return ""
  }
}

/** The name that the system gives the user, or nothing. */
export const userName = process.env["USER"] || process.env["LOGNAME"] || nameInAccounts()
