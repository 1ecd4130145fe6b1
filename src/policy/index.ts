/**
 * The rules of cc-dm as a library of pure functions: `import { scope, allowList } from "cc-dm/policy"`.
 * Importing it starts nothing and touches nothing.
 */
export {
  maxNameLength,
  type Name,
  normalise,
  parseName,
  parseTag,
  reservedNames,
  type Tag
} from "../domain/Name.ts"
export { type NameList, parseNameList, parseProjectList, parseRoleList } from "../domain/NameList.ts"
export type { Behavior, Verdict } from "../domain/Permission.ts"
export { allowList, blockList, broadcastRoles } from "./AccessLists.ts"
export {
  allowed,
  type Decision,
  type Finding,
  firstRefusal,
  isAllowed,
  type Rule,
  refused
} from "./Decision.ts"
export { inboundAllowList, inboundBlockList, inboundProjects, type Sender } from "./Inbound.ts"
export { type DirectMessage, type Party, scope } from "./Scope.ts"
export { parseVerdict } from "./Verdict.ts"
