/**
 * Runs a program that may not open a Unix socket, as in some sandboxes: it forbids that to its own process (seccomp), and then
 * becomes the program. The rule stays with the process, and with all that it starts.
 *
 *     bun Muffled.ts PROGRAM [ARGUMENT ...]
 */
import { dlopen, ptr } from "bun:ffi"

const noNewPrivileges = 38
const setSeccomp = 22
const filterMode = 2
const familyUnix = 1
const refuse = 0x0005_0001
const allow = 0x7fff_0000

/** What the kernel calls this architecture, and the number that it has for `socket` there. */
const machines: Readonly<Record<string, readonly [architecture: number, socket: number]>> = {
  x64: [0xc000_003e, 41],
  arm64: [0xc000_00b7, 198]
}

const open = () => {
  for (const library of ["libc.so.6", "libc.so"])
    try {
      return dlopen(library, {
        prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
        execvp: { args: ["ptr", "ptr"], returns: "i32" }
      }).symbols
    } catch {
      // The next one may be there.
    }
  return undefined
}

/** Each instruction: what it does, how far to jump if that holds and if not, and its number. */
const rules = (architecture: number, socket: number) => {
  const load = 0x20
  const isEqual = 0x15
  const answer = 0x06
  return [
    [load, 0, 0, 4],
    [isEqual, 0, 5, architecture],
    [load, 0, 0, 0],
    [isEqual, 0, 3, socket],
    [load, 0, 0, 16],
    [isEqual, 0, 1, familyUnix],
    [answer, 0, 0, refuse],
    [answer, 0, 0, allow]
  ] as const
}

const giveUp = (why: string): never => {
  process.stderr.write(`Muffled.ts: ${why}\n`)
  process.exit(1)
}

const program = process.argv.slice(2)
const machine = process.platform === "linux" ? machines[process.arch] : undefined
const libc = machine === undefined ? undefined : open()
if (machine === undefined || libc === undefined) giveUp("this system has no seccomp that is known here")
else {
  const instructions = rules(...machine)
  const filter = new DataView(new ArrayBuffer(instructions.length * 8))
  for (const [index, [code, then, otherwise, value]] of instructions.entries()) {
    filter.setUint16(index * 8, code, true)
    filter.setUint8(index * 8 + 2, then)
    filter.setUint8(index * 8 + 3, otherwise)
    filter.setUint32(index * 8 + 4, value, true)
  }
  const rule = new BigUint64Array([BigInt(instructions.length), BigInt(ptr(filter.buffer))])
  if (libc.prctl(noNewPrivileges, 1, 0, 0, 0) !== 0) giveUp("the process can't give up privileges")
  if (libc.prctl(setSeccomp, filterMode, ptr(rule), 0, 0) !== 0) giveUp("the kernel takes no rule")
  const words = program.map((word) => Buffer.from(`${word}\0`))
  const addresses = new BigUint64Array([...words.map((word) => BigInt(ptr(word))), 0n])
  libc.execvp(ptr(words[0] ?? Buffer.from("\0")), ptr(addresses))
  giveUp(`${program[0]} can't be run`)
}
