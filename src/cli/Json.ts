/** What `--json` prints, as schemas. Fields may be added; none is renamed or removed within version 2. */
import { Schema } from "effect"
import { FromKind } from "../domain/Message.ts"
import { DeliveryState, Doing, Reach, StateId } from "../domain/Receipt.ts"

/** One entry of `cc-dm who --json`. Times are ISO 8601. */
export const SessionJson = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  kind: Schema.Literals(["session", "command line"]),
  /** It runs within another session and has no name: broadcasts and permission requests leave it out. */
  nested: Schema.Boolean,
  role: Schema.String,
  project: Schema.NullOr(Schema.String),
  doing: Schema.NullOr(Doing),
  doing_since: Schema.NullOr(Schema.String),
  reachable_by: Reach,
  last_seen: Schema.String,
  cwd: Schema.String,
  /** Which agent it is a session of; `null`: an older version of cc-dm serves it, or it is a person. */
  agent: Schema.NullOr(Schema.String),
  version: Schema.NullOr(Schema.String),
  /** The agent's own id of the session, if its files on this machine tell it; `null`: they do not, as of agents other than Claude Code. */
  agent_session_id: Schema.NullOr(Schema.String),
  /** The machine, and the user of the bus; `null` on a bus of one machine. */
  host: Schema.NullOr(Schema.String),
  user: Schema.NullOr(Schema.String)
})

export const RosterJson = Schema.Struct({ sessions: Schema.Array(SessionJson), count: Schema.Int })

/** A message, as `inbox`, `listen` and `log` print it. */
export const MessageJson = Schema.Struct({
  message_id: Schema.String,
  kind: Schema.Literals(["chat", "permission_request", "permission_verdict", "notice"]),
  from: Schema.String,
  from_kind: FromKind,
  /** `none`: nothing proves that it is from there. */
  from_proof: Schema.Literals(["signed", "none"]),
  to: Schema.String,
  state: DeliveryState,
  /** The state as one word. */
  state_id: StateId,
  reason: Schema.NullOr(Schema.String),
  sent_at: Schema.String,
  priority: Schema.NullOr(Schema.String),
  message_type: Schema.NullOr(Schema.String),
  thread_id: Schema.NullOr(Schema.String),
  reply_to: Schema.NullOr(Schema.String),
  content: Schema.String
})

/** What `show --json` prints: a message, when it came into which state, the numbers of its answers, and what else is in its thread. */
export const ShowJson = Schema.Struct({
  ...MessageJson.fields,
  states: Schema.Array(Schema.Struct({ state: DeliveryState, at: Schema.String })),
  answered_by: Schema.Array(Schema.String),
  thread: Schema.Array(MessageJson)
})

/** What `inbox --json` prints, oldest first. `more`: how many are left for the next time. */
export const InboxJson = Schema.Struct({
  name: Schema.String,
  messages: Schema.Array(MessageJson),
  count: Schema.Int,
  more: Schema.Int
})

/** What `send --json` and `reply --json` print. */
export const SentJson = Schema.Struct({
  message_id: Schema.String,
  to: Schema.String,
  state: DeliveryState,
  /** The state as one word. */
  state_id: StateId,
  reason: Schema.NullOr(Schema.String),
  reachable_by: Schema.NullOr(Reach),
  held: Schema.Boolean
})

/** What `send --split --json` and `reply --split --json` print. */
export const PartsJson = Schema.Struct({
  thread_id: Schema.NullOr(Schema.String),
  parts: Schema.Array(SentJson),
  count: Schema.Int
})

/** What `ask --json` prints: how far the question came, and the answer to it; `null`: there was none in time. */
export const AskJson = Schema.Struct({
  ...SentJson.fields,
  thread_id: Schema.String,
  answer: Schema.NullOr(MessageJson)
})

/** What `broadcast --json` prints. `left_out`: too many messages wait for them. */
export const BroadcastJson = Schema.Struct({
  receivers: Schema.Array(SentJson),
  count: Schema.Int,
  left_out: Schema.Array(Schema.String)
})

/** What `bus status --json` prints. What is not known of a file is `null`. */
export const BusJson = Schema.Struct({
  engine: Schema.Literals(["file", "postgres"]),
  bus: Schema.String,
  there: Schema.Boolean,
  schema: Schema.NullOr(Schema.Int),
  server: Schema.NullOr(Schema.String),
  user: Schema.NullOr(Schema.String),
  encrypted: Schema.NullOr(Schema.Boolean),
  sessions: Schema.Int,
  messages: Schema.NullOr(Schema.Int)
})

/** What `status --json` prints. `id` to `project` are of the one who asks; `null`: the bus does not know them, or they have none. */
export const StatusJson = Schema.Struct({
  bus: Schema.Literals(["there", "none", "unreadable"]),
  asker: Schema.Literals(["session", "person"]),
  id: Schema.NullOr(Schema.String),
  name: Schema.NullOr(Schema.String),
  role: Schema.NullOr(Schema.String),
  project: Schema.NullOr(Schema.String),
  waiting: Schema.Int,
  requests: Schema.Int,
  others: Schema.Array(
    Schema.Struct({
      id: Schema.String,
      name: Schema.String,
      role: Schema.String,
      project: Schema.NullOr(Schema.String),
      doing: Schema.NullOr(Schema.String)
    })
  )
})

/** One finding of `doctor --json`. `advice`: how to repair it. The words of `message` and `advice` may change. */
export const FindingJson = Schema.Struct({
  check: Schema.String,
  state: Schema.Literals(["ok", "note", "attention"]),
  message: Schema.String,
  advice: Schema.NullOr(Schema.String)
})

/** What `doctor --json` prints. `attention`: how many findings need it. */
export const DoctorJson = Schema.Struct({
  version: Schema.String,
  attention: Schema.Int,
  findings: Schema.Array(FindingJson)
})

/** What `install --json` and `uninstall --json` print. `written`: it was done. `version`: what the agent runs then. `diff`: lines with `+` or `-`. */
export const InstallJson = Schema.Struct({
  agent: Schema.String,
  project: Schema.NullOr(Schema.String),
  written: Schema.Boolean,
  version: Schema.NullOr(Schema.String),
  launcher: Schema.NullOr(Schema.String),
  /** Whether the agent itself is there. */
  on_path: Schema.NullOr(Schema.Boolean),
  files: Schema.Array(
    Schema.Struct({
      path: Schema.String,
      state: Schema.Literals(["created", "changed", "removed", "unchanged", "kept"]),
      diff: Schema.Array(Schema.String)
    })
  ),
  next: Schema.Array(Schema.String)
})
