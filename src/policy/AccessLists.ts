/**
 * The sender's access lists, as rules. `undefined` is no list, and no limit. Names and entries are both
 * normalised (`parseNameList`, `parseRoleList`), so no spelling slips past a list.
 */
import { quote } from "../domain/Text.ts"
import { allowed, type Rule, refused } from "./Decision.ts"
import type { DirectMessage, Party } from "./Scope.ts"

/** Lets a direct message through only to a name on the list. */
export const allowList =
  (names: ReadonlySet<string> | undefined): Rule<DirectMessage> =>
  ({ receiver }) =>
    names === undefined || names.has(receiver.name)
      ? allowed
      : refused(`${quote(receiver.name)} is not on this session's CC_DM_DM_ALLOWLIST`, {
          _tag: "ReceiverNotAllowed",
          receiver: receiver.name
        })

/** Keeps a direct message from every name on the list. */
export const blockList =
  (names: ReadonlySet<string> | undefined): Rule<DirectMessage> =>
  ({ receiver }) =>
    names?.has(receiver.name) === true
      ? refused(`${quote(receiver.name)} is on this session's CC_DM_DM_BLOCKLIST`, {
          _tag: "ReceiverBlocked",
          receiver: receiver.name
        })
      : allowed

/** Lets only the listed roles broadcast. */
export const broadcastRoles =
  (roles: ReadonlySet<string> | undefined): Rule<Party> =>
  (sender) =>
    roles === undefined || roles.has(sender.role)
      ? allowed
      : refused(
          `this session's role ${quote(sender.role)} is not among CC_DM_BROADCAST_ALLOWED_ROLES, so it may not broadcast`,
          { _tag: "RoleMayNotBroadcast", role: sender.role }
        )
