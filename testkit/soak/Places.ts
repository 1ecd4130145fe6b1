/** Where the servers of a soak run: what stands between them and their hosts, and what they are kept from. */
import { join } from "node:path"
import { builtServer } from "../host/ClaudeCode.ts"
import { nestedServer, tellingProcess } from "../host/Nested.ts"
import { refusal } from "../refusal.ts"
import type { Role } from "./Plan.ts"

const muffled = [process.execPath, join(import.meta.dir, "../host/Muffled.ts")]

/** What this machine lets a cast have. */
export interface Abilities {
  /** The environments of other processes can be read, so that a server knows that it runs within another session. */
  readonly nested: boolean
  /** A process can be kept from Unix sockets. */
  readonly muffled: boolean
}

export const abilities: Abilities = {
  nested: process.platform === "linux",
  muffled:
    process.platform === "linux" && refusal(process.execPath, ...muffled.slice(1), "true") === undefined
}

/** What the cast has to do without here, in words. */
export const lacking: ReadonlyArray<string> = [
  ...(abilities.nested ? [] : ["no nested runs (only Linux shows the environments of other processes)"]),
  ...(abilities.muffled ? [] : ["no muffled senders (this system knows no seccomp)"])
]

/** Whether servers may have a mount namespace of their own. */
const mayHide = refusal("unshare", "-m", "true") === undefined

/** In a place where the folder of doorbells is empty and nobody else's. */
const hiding = (home: string) => {
  const folder = `${home}/.cc-dm/doorbell`
  const hide = `umask 077 && mkdir -p ${folder} && mount -t tmpfs -o mode=700 none ${folder} && exec "$@"`
  return ["unshare", "-m", "sh", "-c", hide, "sh"]
}

const identity = ({ name, project }: Pick<Role, "name" | "project">) => ({
  CC_DM_SESSION_NAME: name ?? "",
  CC_DM_SESSION_PROJECT: project ?? ""
})

/** The environment of a session's host; of a nested one, the environment of the session around it. */
export const environmentOf = (
  role: Role,
  outer: Role | undefined,
  { history, home }: { readonly home: string; readonly history: number }
): Readonly<Record<string, string>> => ({
  ...identity(outer ?? role),
  CC_DM_HISTORY: `${history}s`,
  CLAUDE_PROJECT_DIR: home,
  ...(role.isLimited ? {} : { CC_DM_RATE_LIMIT: "off", CC_DM_QUEUE_LIMIT: "off" }),
  ...(role.approver === "nobody" ? {} : { CC_DM_PERMISSION_RELAY: "1" }),
  ...(typeof role.approver === "object" ? { CC_DM_PERMISSION_APPROVER: role.approver.name } : {})
})

/** The command line of a session's server. A nested one tells its process id. */
export const commandOf = (
  role: Role,
  place: { readonly home: string; readonly conversation: string; readonly hasSockets: boolean }
): ReadonlyArray<string> => {
  const { conversation, hasSockets, home } = place
  if (role.nestedIn !== undefined)
    return nestedServer({
      home,
      // A name is given to it, or none: that of the session around it is not its own.
      given:
        role.name === undefined
          ? []
          : [
              ...Object.entries(identity(role)).map(([key, value]) => `${key}=${value}`),
              "CC_DM_SESSION_ROLE=worker"
            ],
      own: [`CLAUDE_CODE_SESSION_ID=${conversation}`],
      server: [...tellingProcess, ...builtServer]
    })
  if (role.isMuffled) return [...muffled, ...builtServer]
  return role.isSandboxed && hasSockets && mayHide ? [...hiding(home), ...builtServer] : builtServer
}
