import plugin from "../plugin/.claude-plugin/plugin.json" with { type: "json" }

/** The version of cc-dm. It stands in plugin.json, where Claude Code reads it, and nowhere else by hand. */
export const version: string = plugin.version
