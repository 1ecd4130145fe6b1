/** The tool `register`: gives this session its name. */
import { Effect, Result, Schema } from "effect"
import { BadInput } from "../../domain/Errors.ts"
import { parseHeldName, parseName, parseTag, readsAsName, readsAsTag, type Tag } from "../../domain/Name.ts"
import { Identity } from "../../session/Identity.ts"
import { makeTool } from "../Tool.ts"

const Input = Schema.Struct({
  name: Schema.String.annotate({
    description: "What the user chose, e.g. myapp-backend. Unique among all sessions."
  }).check(readsAsName),
  role: Schema.String.annotate({
    description: "What the user chose, e.g. orchestrator, worker, reviewer."
  }).check(readsAsTag),
  project: Schema.optionalKey(
    Schema.String.annotate({ description: 'Project tag. Omit to keep the present one; "" clears it.' })
  )
})

const bad = (field: string) => (problem: string) => new BadInput({ problems: [`${field}: ${problem}`] })

export const register = makeTool({
  name: "register",
  title: "Name this session",
  description:
    "Names this session on the cc-dm bus, or changes its name, role or project. Use it with what the user chose; never guess a name.",
  input: Input,
  run: Effect.fn("register")(function* (input) {
    const identity = yield* Identity
    // A session that has a reserved name from before may change its role.
    const held = parseHeldName(input.name)
    const isHeld = Result.isSuccess(held) && identity.isMyName(held.success)
    const name = yield* Effect.mapError(Effect.fromResult(isHeld ? held : parseName(input.name)), bad("name"))
    const role = yield* Effect.mapError(Effect.fromResult(parseTag(input.role)), bad("role"))
    const keep = input.project === undefined ? (yield* identity.current).identity.project : null
    const wanted = input.project?.trim() ?? ""
    const project: Tag | null =
      wanted === "" ? keep : yield* Effect.mapError(Effect.fromResult(parseTag(wanted)), bad("project"))
    const { identity: me } = yield* identity.register({ name, role, project })
    return { success: true, sessionId: me.id, name: me.name, role: me.role, project: me.project }
  })
})
