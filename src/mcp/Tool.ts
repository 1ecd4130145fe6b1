/** What a tool is: a schema for its input, which is also what the client is shown, and an effect. */
import { Effect, Schema, SchemaIssue } from "effect"
import { BadInput } from "../domain/Errors.ts"
import { once } from "../domain/Once.ts"
import { worded } from "../domain/Text.ts"

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
  /** Made when it is first asked for, which takes some milliseconds. Throws as {@link objectSchema} does. */
  readonly inputSchema: () => { readonly type: "object" }
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

/**
 * The JSON schema of a tool's input. `excess`: whether fields are refused that it does not name. Throws if its root is no object:
 * one tool with such a root makes the client drop all of the server's tools.
 */
export const objectSchema = (
  name: string,
  schema: Schema.Constraint,
  excess: "error" | "ignore" = "error"
): { readonly type: "object" } => {
  const { schema: root } = Schema.toJsonSchemaDocument(schema, { onExcessProperty: excess })
  if (root.type !== "object") throw new Error(`the input schema of the tool "${name}" is not an object`)
  return { ...root, type: "object" }
}

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
  const decoder = once(() => Schema.decodeUnknownEffect(options.input))
  return {
    name: options.name,
    title: options.title,
    description: options.description,
    readOnly: options.readOnly ?? false,
    inputSchema: once(() => objectSchema(options.name, options.input)),
    call: (input) =>
      decoder()(input, {
        errors: "all",
        onExcessProperty: "error"
      }).pipe(
        Effect.mapError((error): Readable => new BadInput({ problems: problemsOf(error) })),
        Effect.flatMap(options.run)
      )
  }
}
