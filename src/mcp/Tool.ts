/** What a tool is: a schema for its input, which is also what the client is shown, and an effect. */
import { Effect, Result, Schema, SchemaIssue } from "effect"
import { BadInput } from "../domain/Errors.ts"
import { once } from "../domain/Once.ts"
import { worded } from "../domain/Text.ts"
import { type ObjectSchema, objectSchema } from "./ObjectSchema.ts"

/** A failure whose message the model reads. */
export interface Readable {
  readonly message: string
}

/** A tool as the server offers it. */
export interface Tool<Requirements> {
  readonly name: string
  /** What the client may show to people instead of the name. */
  readonly title: string
  readonly description: string
  /** It changes nothing: the client need not ask. */
  readonly readOnly: boolean
  /** Made when it is first asked for. Throws as {@link objectSchema} does. */
  readonly inputSchema: () => ObjectSchema
  /** Decodes the input, and fails with `BadInput` if it is not what the schema says; then runs the tool. */
  readonly call: (input: unknown) => Effect.Effect<object, Readable, Requirements>
}

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    if (issue._tag === "MissingKey") return "is required"
    if (issue._tag === "UnexpectedKey") return "is not a field of this tool"
    return SchemaIssue.defaultLeafHook(issue)
  }
})

const problemsOf = (error: Schema.SchemaError): ReadonlyArray<string> =>
  formatIssue(error.issue).issues.map(({ message, path }) => {
    const field = (path ?? []).map((key) => worded(String(key))).join(".")
    return `${field === "" ? "the input" : field}: ${message.replace(/^Expected /, "must be ").replaceAll(" | ", " or ")}`
  })

/** Makes a tool of a schema and an effect. Unknown fields are refused, so that a misspelt one is noticed. */
export const makeTool = <
  Input extends Schema.ConstraintDecoder<unknown>,
  Error extends Readable,
  Requirements
>(options: {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly readOnly?: boolean
  readonly input: Input
  readonly run: (input: Input["Type"]) => Effect.Effect<object, Error, Requirements>
}): Tool<Requirements> => {
  const decoder = once(() => Schema.decodeUnknownResult(options.input))
  return {
    name: options.name,
    title: options.title,
    description: options.description,
    readOnly: options.readOnly ?? false,
    inputSchema: once(() => objectSchema(options.name, options.input)),
    call: (input) =>
      Effect.suspend((): Effect.Effect<object, Readable, Requirements> => {
        const read = decoder()(input, { errors: "all", onExcessProperty: "error" })
        return Result.isSuccess(read)
          ? options.run(read.success)
          : Effect.fail(new BadInput({ problems: problemsOf(read.failure) }))
      })
  }
}
