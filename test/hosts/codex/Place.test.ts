/** Where Codex listens, by the processes above its server. */
import { expect, test } from "bun:test"
import { isCodex, ownOfCodex, placeOf } from "../../../src/hosts/codex/Place.ts"
import type { Ancestor } from "../../../src/platform/Ancestors.ts"

const ancestor = (args: string, home = ""): Ancestor => ({
  id: 1,
  name: "",
  program: "",
  args: args.split(" "),
  started: undefined,
  variable: (name) => (name === "CODEX_HOME" ? home : undefined),
  tells: true
})

test.each([
  [
    "/bin/codex app-server --listen unix://",
    "",
    "/home/ada/.codex/app-server-control/app-server-control.sock"
  ],
  ["/bin/codex app-server --listen unix://", "/c", "/c/app-server-control/app-server-control.sock"],
  ["/bin/codex app-server --listen=unix:///x/fred.sock", "", "/x/fred.sock"],
  ["/bin/codex app-server --listen unix:///x/fred.sock -c a=b", "", "/x/fred.sock"],
  ["/bin/codex app-server", "", undefined],
  ["/bin/codex app-server --listen ws://127.0.0.1:1", "", undefined],
  ["/bin/codex --no-daemon", "", undefined],
  ["/bin/sh app-server --listen unix:///x/fred.sock", "", undefined]
])("%s", (args, home, socket) => {
  expect(placeOf("/home/ada", [ancestor(args, home)]).socket).toBe(socket)
})

test("its terminal and what starts that are Codex, and a shell above is not", () => {
  const chain = ["/x/codex app-server", "/x/codex", "node /x/bin/codex", "-bash", "/x/codex"].map((args) =>
    ancestor(args)
  )
  expect(chain.map(isCodex)).toEqual([true, true, true, false, true])
  expect(ownOfCodex(chain)).toBe(3)
})
