/** Where Claude Code keeps its own files. */
import { Config } from "effect"
import { HomeFolder } from "../../platform/Platform.ts"

/** Its folder, and those of its files that name servers. */
export const ClientFolder = Config.all({
  home: HomeFolder,
  own: Config.String("CLAUDE_CONFIG_DIR").pipe(Config.withDefault(""))
}).pipe(
  Config.map(({ home, own }) =>
    own === ""
      ? { folder: `${home}/.claude`, configs: [`${home}/.claude.json`] }
      : { folder: own, configs: [`${own}/.claude.json`] }
  )
)

/** The folder of its logs. */
export const ClientCacheFolder = Config.all({
  home: HomeFolder,
  cache: Config.String("XDG_CACHE_HOME").pipe(Config.withDefault(""))
}).pipe(
  Config.map(({ cache, home }) =>
    process.platform === "darwin"
      ? `${home}/Library/Caches/claude-cli-nodejs`
      : `${cache === "" ? `${home}/.cache` : cache}/claude-cli-nodejs`
  )
)
