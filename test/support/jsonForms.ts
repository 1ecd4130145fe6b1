/** The forms of JSON that the command line prints, as tables of their fields: what docs/reference/json.md has to say of them. */
import { Schema } from "effect"
import * as forms from "../../src/cli/Json.ts"

type Node = {
  readonly type?: string
  readonly enum?: ReadonlyArray<string>
  readonly anyOf?: ReadonlyArray<Node>
  readonly items?: Node
  readonly properties?: Readonly<Record<string, Node>>
}

const nodeOf = (schema: Schema.Top): Node => Schema.toJsonSchemaDocument(schema).schema as Node

/** All forms by their names. */
export const jsonForms: ReadonlyMap<string, Schema.Codec<unknown, unknown>> = new Map(Object.entries(forms))

const nodes = [...jsonForms].map(([name, schema]) => [name, nodeOf(schema)] as const)

/** The form that stands in another one. */
const formIn = (node: Node) => nodes.find(([, other]) => Bun.deepEquals(node, other))?.[0]

const words: Readonly<Record<string, string>> = {
  string: "text",
  boolean: "`true` or `false`",
  integer: "number",
  number: "number",
  null: "`null`",
  object: "object"
}

const typeOf = (node: Node): string => {
  const form = formIn(node)
  if (form !== undefined) return `\`${form}\``
  if (node.anyOf !== undefined) return node.anyOf.map(typeOf).join(", or ")
  if (node.enum !== undefined) return node.enum.map((value) => `\`${value}\``).join(", ")
  if (node.type === "array") return `list of ${typeOf(node.items ?? {})}`
  return words[node.type ?? ""] ?? `what is this: ${JSON.stringify(node)}`
}

/** The fields of a form with what may stand in each; of a list of objects that are no form of their own, theirs too. */
export const fieldsOf = (node: Node, before = ""): ReadonlyArray<readonly [name: string, type: string]> =>
  Object.entries(node.properties ?? {}).flatMap(([name, field]) => [
    [`${before}${name}`, typeOf(field)] as const,
    ...(field.items?.properties !== undefined && formIn(field.items) === undefined
      ? fieldsOf(field.items, `${before}${name}[].`)
      : [])
  ])

/** The same of a schema. */
export const fieldsOfForm = (schema: Schema.Top) => fieldsOf(nodeOf(schema))
