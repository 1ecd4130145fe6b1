/** What a command ends with. docs/user/command-line.md lists the codes. */
export const exitCodes = { done: 0, failed: 1, wrongUse: 2, notFound: 3, timedOut: 4, refused: 5 } as const
