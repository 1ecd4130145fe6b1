/**
 * opencode, and Kilo, which is made of it. What they tell comes from the plugin `src/agents/opencode.ts`, which runs within their
 * process, and wakes the session: seen with opencode 1.18.33 and Kilo 7.7.9.
 */
import type { Layer } from "effect"
import type { Host } from "../Host.ts"
import { installed } from "../Installed.ts"
import { answerPlugin, hearPlugin } from "../PluginHooks.ts"

const particular = { hear: hearPlugin, answer: answerPlugin }

/** The session of opencode that started this server. */
export const OpenCode: Layer.Layer<Host> = installed("opencode", particular)

/** The session of Kilo that started this server. */
export const Kilo: Layer.Layer<Host> = installed("kilo", particular)
