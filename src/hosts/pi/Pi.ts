/**
 * pi. It has no MCP: the extension `src/agents/pi.ts`, which runs within its process, starts this server, calls its tools for the
 * model, and tells what happens. Seen with version 0.73.1.
 */
import { type Layer, Option, Schema } from "effect"
import type { Host } from "../Host.ts"
import { installed } from "../Installed.ts"
import { answerPlugin, hearPlugin } from "../PluginHooks.ts"
import { useKey } from "../PluginMeta.ts"

const decodeMeta = Schema.decodeUnknownOption(Schema.Struct({ [useKey]: Schema.String }))

/** The session of pi whose extension started this server. */
export const Pi: Layer.Layer<Host> = installed("pi", {
  hear: hearPlugin,
  answer: answerPlugin,
  toolUse: (meta) => Option.getOrUndefined(decodeMeta(meta))?.[useKey]
})
