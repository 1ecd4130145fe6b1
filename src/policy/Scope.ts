/**
 * Project scope. A session with a project tag writes only to sessions with the same tag; a session without
 * one reaches everybody. The rule is the sender's alone: what the receiver would be allowed does not matter.
 */
import { quote } from "../domain/Text.ts"
import { allowed, type Rule, refused } from "./Decision.ts"

/** Somebody on the bus, as far as rules look. Names and tags are normalised. */
export interface Party {
  readonly name: string
  readonly role: string
  readonly project: string | null
}

/** A direct message that is about to be sent. */
export interface DirectMessage {
  readonly sender: Party
  readonly receiver: Party
}

/** Refuses a message out of the sender's project. */
export const scope: Rule<DirectMessage> = ({ sender, receiver }) => {
  if (sender.project === null || sender.project === receiver.project) return allowed
  const theirs = receiver.project === null ? "in no project" : `in project ${quote(receiver.project)}`
  return refused(
    `${quote(receiver.name)} is ${theirs} and this session is in project ${quote(sender.project)}: a session with a project writes only inside it`,
    {
      _tag: "OtherProject",
      sender: sender.project,
      receiver: receiver.name,
      receiverProject: receiver.project
    }
  )
}
