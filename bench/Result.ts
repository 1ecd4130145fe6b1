/** The results of an earlier run, as `--json` printed them. */
import { readFileSync } from "node:fs"
import { Effect, Schema } from "effect"

const Samples = Schema.Array(Schema.Finite)

const Result = Schema.fromJsonString(
  Schema.Struct({
    machine: Schema.Struct({
      processor: Schema.String,
      cores: Schema.Finite,
      memory: Schema.String,
      system: Schema.String,
      bun: Schema.String,
      revision: Schema.String
    }),
    rows: Schema.Array(
      Schema.Struct({
        what: Schema.String,
        unit: Schema.String,
        aim: Schema.Struct({
          median: Schema.optionalKey(Schema.Finite),
          p99: Schema.optionalKey(Schema.Finite)
        }),
        course: Schema.optionalKey(Schema.Struct({ curve: Schema.String, at: Samples })),
        outcomes: Schema.Record(
          Schema.String,
          Schema.Struct({ samples: Samples, problem: Schema.optionalKey(Schema.String) })
        )
      })
    )
  })
)

/** Reads a file that `--json` was written to. */
export const readResult = (path: string) =>
  Effect.flatMap(
    Effect.try(() => readFileSync(path, "utf8")),
    Schema.decodeEffect(Result)
  )
