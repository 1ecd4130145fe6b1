/** The table of processes, as it is read: of this process, of its parents, and of what `ps` prints. */
import { describe, expect, test } from "bun:test"
import { ancestors } from "../../src/platform/Ancestors.ts"
import { entriesOf, processes, statOf } from "../../src/platform/ProcessTable.ts"

const onLinux = process.platform === "linux" ? test : test.skip

describe("a process", () => {
  test("is found by its id, with its parent and its command line", () => {
    const entry = processes()(process.pid)
    expect(entry).toMatchObject({ id: process.pid, parent: process.ppid })
    expect(entry?.args.join(" ")).toContain("bun")
  })

  onLinux("is found with the time of its start, which another one does not have", () => {
    const { parent, started } = statOf(process.pid)
    expect(parent).toBe(process.ppid)
    expect(Number(started)).toBeGreaterThan(0)
    expect(statOf(process.pid).started).toBe(started)
    expect(statOf(1).started).not.toBe(started)
  })

  onLinux("tells the variables that it was started with, whatever became of them", async () => {
    // It stays the program that it is: while one becomes another, the system tells no variables.
    const child = Bun.spawn(["sh", "-c", "echo; read -r line"], {
      env: { ...process.env, CC_DM_SESSION_NAME: "alice=1" },
      stdin: "pipe"
    })
    try {
      // Before it has begun, its variables are still those of this process.
      await child.stdout.getReader().read()
      const entry = processes()(child.pid)
      expect(entry?.tells).toBe(true)
      expect(entry?.variable("CC_DM_SESSION_NAME")).toBe("alice=1")
      expect(entry?.variable("CC_DM_SESSION")).toBeUndefined()
      child.kill()
      await child.exited
      expect(entry?.variable("CC_DM_SESSION_NAME")).toBeUndefined()
    } finally {
      child.kill()
    }
  })

  onLinux("may have any name, brackets and all", async () => {
    const child = Bun.spawn(["bash", "-c", 'printf ") S 1 (" > /proc/$$/comm; read'], { stdin: "pipe" })
    try {
      while (statOf(child.pid).name === "bash") await Bun.sleep(5)
      expect(statOf(child.pid)).toMatchObject({ name: ") S 1 (", parent: process.pid })
    } finally {
      child.kill()
    }
  })
})

describe("what ps prints", () => {
  const entries = entriesOf(
    "    1     0 /sbin/launchd\n  412     1 claude --channels plugin:cc-dm\n  413   412 bun serve\n\nnoise\n"
  )

  test("is read line by line", () => {
    expect([...entries.keys()]).toEqual([1, 412, 413])
    expect(entries.get(412)).toMatchObject({
      parent: 1,
      program: "claude",
      args: ["claude", "--channels", "plugin:cc-dm"],
      started: undefined,
      tells: false
    })
  })
})

test("the processes above this one are read once, nearest first", () => {
  const [parent] = ancestors()
  expect(parent?.id).toBe(process.ppid)
  expect(ancestors()).toBe(ancestors())
})
