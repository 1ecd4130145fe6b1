/**
 * Stands between a stand-in client and its server, as a process whose command line is the client's: a server that
 * wants to know how its client was started reads its parent's. It hands on stdin, stdout and stderr untouched, and
 * signals and the end as they come.
 *
 * The server's command line comes in a variable and its process id goes out on file descriptor 3, so that neither
 * shows in the command line or in the server's environment.
 */
import { writeSync } from "node:fs"

const { HOST_COMMAND = "[]", ...env } = process.env

// Claude Code has this for the processes that it starts, and not itself.
const server = Bun.spawn(JSON.parse(HOST_COMMAND), {
  stdio: ["inherit", "inherit", "inherit"],
  env: { CLAUDECODE: "1", ...env }
})
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => server.kill(signal))
writeSync(3, `${server.pid}\n`)

await server.exited
if (server.signalCode === null) process.exit(server.exitCode ?? 1)
process.removeAllListeners(String(server.signalCode))
process.kill(process.pid, server.signalCode)
