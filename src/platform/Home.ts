/** The user's home folder, in which the bus stands. */
import { os } from "./Late.ts"

const ofAccount = (): string => {
  try {
    return os().homedir()
  } catch {
    // A container may run under a number that has no account.
    return ""
  }
}

/**
 * The home folder as the variable `HOME` says, else as the account does. A path that depends on the folder that one stands in is none.
 *
 * @returns `undefined` if there is none
 */
export const homeOf = (variable: string | undefined): string | undefined => {
  const home = variable === undefined || variable === "" ? ofAccount() : variable
  return home.startsWith("/") ? home : undefined
}
