/**
 * The JSON schema of a tool's input, which the client is shown. The build makes all of them and puts them in the place of this file
 * (scripts/support/ObjectSchemas.ts): made by each server, when its client asks for the tools, they take 6 ms of it and 0.6 MB.
 */
import { Schema } from "effect"

export interface ObjectSchema {
  readonly type: "object"
}

/**
 * `tool`: what no other tool is called. `excess`: whether fields are refused that the schema does not name. Throws if its root is no
 * object: one tool with such a root makes the client drop all of the server's tools.
 */
export const objectSchema = (
  tool: string,
  schema: Schema.Constraint,
  excess: "error" | "ignore" = "error"
): ObjectSchema => {
  const { schema: root } = Schema.toJsonSchemaDocument(schema, { onExcessProperty: excess })
  if (root.type !== "object") throw new Error(`the input schema of the tool "${tool}" is not an object`)
  return { ...root, type: "object" }
}
