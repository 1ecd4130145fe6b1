/**
 * What a session takes in, as rules of its own: they look at who wrote, and hold whatever the sender's settings say.
 * `undefined` is no list, and no limit. Names, projects and entries are normalised.
 */
import { noProject } from "../domain/NameList.ts"
import { quote } from "../domain/Text.ts"
import { allowed, type Rule, refused } from "./Decision.ts"
import type { Party } from "./Scope.ts"

/** Somebody who wrote to this session, as far as its rules look. */
export type Sender = Pick<Party, "name" | "project">

/** Takes messages only from a name on the list. */
export const inboundAllowList =
  (names: ReadonlySet<string> | undefined): Rule<Sender> =>
  ({ name }) =>
    names === undefined || names.has(name)
      ? allowed
      : refused(`${quote(name)} is not on the receiver's CC_DM_INBOUND_ALLOWLIST`, {
          _tag: "SenderNotAllowed",
          sender: name
        })

/** Takes no messages from a name on the list. */
export const inboundBlockList =
  (names: ReadonlySet<string> | undefined): Rule<Sender> =>
  ({ name }) =>
    names?.has(name) === true
      ? refused(`${quote(name)} is on the receiver's CC_DM_INBOUND_BLOCKLIST`, {
          _tag: "SenderBlocked",
          sender: name
        })
      : allowed

/** Takes messages only from the listed projects. A sender without a project comes in by `@none` alone. */
export const inboundProjects =
  (projects: ReadonlySet<string> | undefined): Rule<Sender> =>
  ({ project }) => {
    if (projects === undefined || projects.has(project ?? noProject)) return allowed
    const theirs = project === null ? "a sender without a project" : `project ${quote(project)}`
    return refused(`${theirs} is not among the receiver's CC_DM_INBOUND_PROJECTS`, {
      _tag: "ProjectNotAllowed",
      project
    })
  }
