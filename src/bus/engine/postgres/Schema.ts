/** The names of a bus in PostgreSQL: a schema of its own in a database, and two roles for its users. */

/** The schema's name, and the search path of every connection. */
export const schema = "cc_dm"

/** For those who take part in the bus, and for people who may only look at all of it. */
export const roles = { member: "cc_dm_member", watcher: "cc_dm_watcher" } as const
