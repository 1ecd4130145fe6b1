/** An agent as a check handles it: the real program, in a home folder of its own, with a stand-in for its model. */
import type { Answer, Call } from "../models/Dialect.ts"
import type { ModelRequest } from "../models/ModelApi.ts"

/** Where an agent lives: on a machine where nothing else was ever done. */
export interface Place {
  readonly home: string
  /** The folder that the agent is started in. */
  readonly folder: string
  /** The address of the stand-in for its model. */
  readonly model: string
}

/** What an agent asks before its first prompt, and the keys that answer it, by tmux's names. */
export interface Dialog {
  readonly shows: RegExp
  readonly keys: ReadonlyArray<string>
}

export interface Agent {
  /** As the command line calls it. */
  readonly name: string
  readonly version: string
  /** Its packages on npm, with their exact versions. */
  readonly packages: ReadonlyArray<string>
  /** The program, within the folder that the packages are installed in. */
  readonly program: string
  /** Writes the configuration as a user has it before cc-dm comes: the stand-in for the model, and no questions. */
  readonly configure: (place: Place) => void
  /** What is granted to `cc-dm install`, by its flags. */
  readonly grants: ReadonlyArray<string>
  /** The agent's own command, with its arguments, that installs what `root` has for it; `undefined`: there is no such thing. */
  readonly packaged?: (root: string) => ReadonlyArray<ReadonlyArray<string>>
  /** The variables that it needs, beside those that every program has. */
  readonly env: (place: Place) => Readonly<Record<string, string>>
  readonly args: ReadonlyArray<string>
  /** The arguments that take up the last conversation of the folder. */
  readonly resume: ReadonlyArray<string>
  readonly dialogs: ReadonlyArray<Dialog>
  /** What the screen shows when it can be typed into, and what it shows only while the agent works. */
  readonly ready: RegExp
  readonly working: RegExp
  /** The key that empties its prompt, if Esc puts the text that was sent back there. */
  readonly emptied?: string
  /** How soon it wants Esc a second time, in milliseconds, if one is not enough. */
  readonly secondEscape?: number
  /** Whether nothing wakes it once Esc has ended a turn. */
  readonly sleepsAfterEsc?: true
  /** Whether a session takes part in the bus only from its first prompt on. */
  readonly joinsWithPrompt?: true
  /** How its model runs a command of the shell. */
  readonly shell: (command: string) => Call
  /** How its model runs one in the background, if nothing wakes the agent but the end of such a command. */
  readonly background?: (command: string) => Call
  /** What its model answers, one after the other, to call a tool of cc-dm. */
  readonly call: (tool: string, input: object) => ReadonlyArray<Answer>
  /** Whether its model is asked for something beside the conversation, though tools are offered. */
  readonly isAside?: (request: ModelRequest) => boolean
}
