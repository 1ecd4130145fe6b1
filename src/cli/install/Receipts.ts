/** `~/.cc-dm/installed.json`: what was written where, so that it can be taken back to the byte. The user's alone, as the bus is. */
import { Effect, Result, Schema } from "effect"
import { type FoundFile, readWhole, removeWhole, replaceFile } from "../../platform/WholeFiles.ts"
import { failed } from "../Failure.ts"
import { grants } from "./Plan.ts"

const Hunk = Schema.Struct({
  at: Schema.Int,
  removed: Schema.Array(Schema.String),
  added: Schema.Array(Schema.String)
})

const Path = Schema.Array(Schema.String)

/** What was done to one file. */
export const FileReceipt = Schema.Struct({
  path: Schema.String,
  /** The file was not there before. */
  made: Schema.Boolean,
  /** Folders above it that were not there either, the outermost first. */
  folders: Schema.Array(Schema.String),
  /** The SHA-256 of what was written. What still has it goes back to the byte. */
  hash: Schema.String,
  /** What differs from the file before; `null`: somebody else had changed it between two installations. */
  hunks: Schema.NullOr(Schema.Array(Hunk)),
  /** Objects that were made for ours. */
  containers: Schema.Array(Path),
  /** Settings of the agent's own, and what they were before. */
  switched: Schema.Array(
    Schema.Struct({
      path: Path,
      value: Schema.Unknown,
      mark: Schema.optionalKey(Schema.String),
      before: Schema.optionalKey(Schema.Unknown)
    })
  )
})
export type FileReceipt = typeof FileReceipt.Type

/** One installation: into an agent, for all projects or for one. */
export const Receipt = Schema.Struct({
  agent: Schema.String,
  project: Schema.NullOr(Schema.String),
  version: Schema.String,
  granted: Schema.Array(Schema.Literals(grants)),
  files: Schema.Array(FileReceipt),
  /** Links that were made, and the folders that were made for them. */
  links: Schema.optionalKey(
    Schema.Array(Schema.Struct({ path: Schema.String, folders: Schema.Array(Schema.String) }))
  )
})
export type Receipt = typeof Receipt.Type

const Receipts = Schema.fromJsonString(
  Schema.Struct({ format: Schema.Literal(1), installed: Schema.Array(Receipt) })
)

/** Where they are, in the folder of cc-dm. */
export const receiptsIn = (folder: string) => `${folder}/installed.json`

/** What was read, and the file that it was read from. */
export interface Kept {
  readonly file: FoundFile | undefined
  readonly installed: ReadonlyArray<Receipt>
}

/** All installations. Fails if the file is not what it should be: what is not known can't be taken back. */
export const readReceipts = Effect.fn("readReceipts")(function* (folder: string) {
  const path = receiptsIn(folder)
  const file = yield* readWhole(path)
  if (file === undefined) return { file, installed: [] } satisfies Kept
  const read = Schema.decodeResult(Receipts)(file.text)
  if (Result.isFailure(read))
    return yield* failed(
      `${path} can't be read: it is damaged, or of a newer version of cc-dm. Move it away; what is installed is then found by its names`
    )
  return { file, installed: read.success.installed } satisfies Kept
})

/** Writes all installations; none: the file goes. */
export const writeReceipts = Effect.fn("writeReceipts")(function* (
  folder: string,
  { file }: Kept,
  installed: ReadonlyArray<Receipt>
) {
  const path = receiptsIn(folder)
  if (installed.length === 0) return yield* file === undefined ? Effect.void : removeWhole(path, file)
  const text = `${JSON.stringify(yield* Effect.orDie(encode({ format: 1, installed })), null, 1)}\n`
  if (text !== file?.text) yield* replaceFile(path, text, file)
})

const encode = Schema.encodeEffect(
  Schema.Struct({ format: Schema.Literal(1), installed: Schema.Array(Receipt) })
)
