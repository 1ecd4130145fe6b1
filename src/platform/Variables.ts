/** Variables of the environment, read so that a test can put another `ConfigProvider` in their place. */
import { ConfigProvider, Effect } from "effect"

/**
 * The text of a variable; empty if it is not set. `Config.String` reads each variable by a schema that it makes for it, which takes 3 ms of
 * a start, and there is nothing to check in a text.
 */
export const variableText = (name: string): Effect.Effect<string> =>
  Effect.flatMap(ConfigProvider.ConfigProvider, (provider) => provider.load([name])).pipe(
    Effect.map((found) => found?.value ?? ""),
    Effect.orDie
  )
