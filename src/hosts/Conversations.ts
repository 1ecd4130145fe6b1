/** The ids that agents have for conversations, as their own files tell them. Of no agent but Claude Code it is known where they stand. */
import { Effect } from "effect"
import { conversationsIn } from "./claude-code/Conversations.ts"
import { ClientFolder } from "./claude-code/Folders.ts"

/** The ids of the conversations of this user on this machine. */
export const knownConversations = ClientFolder.pipe(Effect.map(({ folder }) => conversationsIn(folder)))
