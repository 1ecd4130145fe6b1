import plugin from "../plugin/.claude-plugin/plugin.json" with { type: "json" }

const manifest: { readonly version: string; readonly repository?: string } = plugin

/** The version of cc-dm. It stands in plugin.json, where Claude Code reads it, and nowhere else by hand. */
export const version: string = manifest.version

/**
 * Where the project is published, as Claude Code takes it for a marketplace: `owner/repository`. It stands in plugin.json too;
 * `./dev bump --repository` sets it there and in the documents. `undefined`: it is not published.
 */
export const published: string | undefined = manifest.repository?.replace("https://github.com/", "")
