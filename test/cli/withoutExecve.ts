/** Loaded before a program that is to run as in a Bun that has no `execve`. */
process.execve = undefined as never
