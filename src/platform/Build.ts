/** Which of the built files this is. */
import { configuredBusUrl } from "./ConfigFile.ts"
import { environment } from "./Environment.ts"
import { homeOf } from "./Home.ts"

/** The file was built without PostgreSQL, which stands in another one beside it. */
export const isBuiltForFile = process.env.CC_DM_ENGINES === "file"

/** Whether the bus of this user is, or should be, in PostgreSQL. */
export const wantsPostgres = (): boolean =>
  configuredBusUrl(environment["CC_DM_BUS_URL"], homeOf(environment["HOME"]) ?? "") !== undefined

/** What runs here, for somebody who looks into a fault. */
export const program = (version: string): string =>
  `cc-dm ${version}, Bun ${Bun.version}, ${process.platform} ${process.arch}`
