/** Where Claude Code keeps its own files. */
import { Effect } from "effect"
import { HomeFolder } from "../../platform/Platform.ts"
import { variableText } from "../../platform/Variables.ts"

/** Its folder, and those of its files that name servers. */
export const ClientFolder = Effect.all({
  home: HomeFolder,
  own: variableText("CLAUDE_CONFIG_DIR")
}).pipe(
  Effect.map(({ home, own }) =>
    own === ""
      ? { folder: `${home}/.claude`, configs: [`${home}/.claude.json`] }
      : { folder: own, configs: [`${own}/.claude.json`] }
  )
)

/** The folder of its logs. */
export const ClientCacheFolder = Effect.all({
  home: HomeFolder,
  cache: variableText("XDG_CACHE_HOME")
}).pipe(
  Effect.map(({ cache, home }) =>
    process.platform === "darwin"
      ? `${home}/Library/Caches/claude-cli-nodejs`
      : `${cache === "" ? `${home}/.cache` : cache}/claude-cli-nodejs`
  )
)
