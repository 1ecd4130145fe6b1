// Built from src/ by `bun run build`: do not edit. Licences of others: THIRD-PARTY-NOTICES.txt
import { randomBytes as Pe, createHash as Y } from "node:crypto"
import { chmodSync as $e, lstatSync as H, mkdirSync as Oe, readdirSync as Q } from "node:fs"
import { hostname as z } from "node:os"
import { joinSession as he } from "@github/copilot-sdk/extension"
var R = (e) => Y("sha256").update(e).digest("hex"),
  g = process.getuid?.(),
  E = [...[process.env.XDG_RUNTIME_DIR ?? "", `/run/user/${g}`].filter((e) => e.startsWith("/")), "/tmp"],
  Ae = z()
var Z = (e) => {
  const n = `cc-dm-hook-${g ?? "user"}-${R(e).slice(0, 16)}`
  return [`${e}/.cc-dm/hook`, ...new Set(E.map((t) => `${t}/${n}`))]
}
var ee = (e) => {
  const n = H(e)
  return n.isDirectory() && n.uid === (g ?? n.uid)
}
var ne = (e) => {
    try {
      return ee(e) && (H(e).mode & 63) === 0 ? Q(e) : []
    } catch {
      return []
    }
  },
  te = (e) =>
    Z(e).flatMap((n) =>
      ne(n).flatMap((t) => {
        const [, r, o, d = ""] = /^(\d+)-(\d+)(?:-([\w-]+))?\.sock$/.exec(t) ?? []
        return r === void 0 ? [] : [{ path: `${n}/${t}`, agent: Number(r), server: Number(o), key: d }]
      })
    )
var I = (e, n) => {
  const t = te(e),
    r = n.find((o) => t.some(({ agent: d }) => d === o))
  return t.flatMap(({ agent: o, path: d }) => (o === r ? [d] : []))
}
import { readFileSync as b, openSync as oe, closeSync as re, readlinkSync as se } from "node:fs"
var ie = process.platform === "linux",
  w = (e) => {
    const n = b(`/proc/${e}/stat`, "utf8"),
      t = n.lastIndexOf(")"),
      [r = "", o = "", ...d] = n.slice(t + 2).split(" ")
    return { name: n.slice(n.indexOf("(") + 1, t), state: r, parent: Number(o), started: d[17] ?? "" }
  },
  ae = (e) => {
    try {
      return se(`/proc/${e}/exe`)
    } catch {
      return ""
    }
  },
  de = (e) => {
    try {
      return (re(oe(`/proc/${e}/environ`, "r")), !0)
    } catch {
      return !1
    }
  },
  ce = (e, n) => {
    try {
      return b(`/proc/${e}/environ`, "utf8")
        .split("\x00")
        .find((r) => r.startsWith(`${n}=`))
        ?.slice(n.length + 1)
    } catch {
      return
    }
  },
  ue = (e) => {
    const { name: n, parent: t, started: r } = w(e)
    return {
      id: e,
      parent: t,
      name: n,
      program: ae(e),
      args: b(`/proc/${e}/cmdline`, "utf8").split("\x00").slice(0, -1),
      started: r,
      variable: (o) => ce(e, o),
      tells: de(e)
    }
  },
  le = (e) =>
    new Map(
      e
        .split(`
`)
        .flatMap((n) => {
          const [t = "", r = "", ...o] = n.trim().split(/\s+/)
          if (!/^\d+$/.test(t)) return []
          const d = {
            id: Number(t),
            parent: Number(r),
            name: "",
            program: o[0] ?? "",
            args: o,
            started: void 0,
            variable: () => {
              return
            },
            tells: !1
          }
          return [[d.id, d]]
        })
    ),
  _ = () => {
    if (ie) return ue
    const { stdout: e } = Bun.spawnSync(["ps", "-A", "-o", "pid=,ppid=,args="]),
      n = le(e.toString())
    return (t) => n.get(t)
  }
var B = 64,
  fe = () => {
    const e = []
    try {
      const n = _()
      for (let t = process.ppid; t > 1 && e.length < B; ) {
        const r = n(t)
        if (r === void 0) break
        e.push(r), (t = r.parent)
      }
    } catch {}
    return e
  },
  T,
  me = () => ((T ??= fe()), T),
  N = () => {
    if (process.platform !== "linux") return me().map(({ id: n }) => n)
    const e = []
    try {
      for (let n = process.ppid; n > 1 && e.length < B; n = w(n).parent) e.push(n)
    } catch {}
    return e
  }
import { connect as F } from "node:net"
var M = 2000,
  C = 30000,
  pe = 300,
  U = (e, n) => {
    let t = ""
    e.setEncoding("utf8"),
      e.on("data", (r) => {
        const o = (t + r).split(`
`)
        t = o.pop() ?? ""
        try {
          for (const d of o) n(JSON.parse(d))
        } catch {
          e.destroy()
        }
      })
  },
  L = (e, n) => {
    let t = !0,
      r,
      o,
      d = Promise.resolve(),
      x = (s, i, c, a) =>
        new Promise((u) => {
          const p = c - performance.now()
          if (p <= 0) return u(a)
          let l = F(s),
            G = setTimeout(() => l.destroy(), p),
            O = !1
          l.on("connect", () => {
            ;(O = !0),
              l.write(`${JSON.stringify({ v: 1, hook: i })}
`)
          }),
            U(l, (X) => {
              u(X), l.destroy()
            }),
            l.on("error", () => {
              return
            }),
            l.on("close", () => {
              clearTimeout(G), u(O ? void 0 : {})
            })
        }),
      A = async (s, i) => {
        if (s === o || n === void 0) return
        ;(o = s), await x(s, n(), i, void 0)
      },
      S = async (s, i, c) => {
        const a = e()
        if (a === void 0 || !t) return {}
        return (await A(a, i), x(a, s, i, c))
      },
      k = (s) => {
        const i = d.then(s)
        return ((d = i), i)
      },
      v = (s) => {
        if (!t) return
        const i = () => setTimeout(() => v(s), pe).unref(),
          c = e()
        if (c === void 0) {
          i()
          return
        }
        const a = F(c)
        ;(r = a),
          a.on("connect", () => {
            a.write(`{"v":1,"subscribe":"plugin"}
`),
              k(() => A(c, performance.now() + C))
          }),
          U(a, (u) => {
            if ("wakeUp" in u && typeof u.wakeUp === "string") s(u.wakeUp)
          }),
          a.on("error", () => {
            return
          }),
          a.on("close", i),
          a.unref()
      }
    return {
      ask: (s) => {
        const i = performance.now() + M,
          c = k(() => S(s, i, {}))
        return new Promise((a) => {
          const u = setTimeout(() => a({}), M + 100)
          c.then((p) => {
            clearTimeout(u), a(p)
          })
        })
      },
      tell: (s) => {
        const i = performance.now() + C
        return k(() => S(s, i, void 0)).then((c) => c !== void 0)
      },
      subscribe: v,
      close: () => {
        ;(t = !1), r?.destroy()
      }
    }
  }
import { homedir as ge } from "node:os"
var ye = () => {
    try {
      return ge()
    } catch {
      return ""
    }
  },
  W = (e) => {
    const n = e === void 0 || e === "" ? ye() : e
    return n.startsWith("/") ? n : void 0
  }
var j = () => W(process.env.HOME) ?? ""
var q =
  (e, n) =>
  async (...t) => {
    try {
      return await n(...t)
    } catch (r) {
      e(`cc-dm: ${r instanceof Error ? r.message : String(r)}`)
      return
    }
  }
var ke = (e) => e.startsWith("cc-dm-"),
  K = L(() => I(j(), N())[0]),
  P = () => {
    return
  },
  f = (e) => q((n) => P(n), e),
  J = Promise.withResolvers()
K.subscribe(
  f(async (e) => {
    await (await J.promise).send({ prompt: e })
  })
)
var m = async (e, n) => {
    const t = await K.ask({ conversation: e, event: n })
    if (t?.notice !== void 0) P(t.notice)
    return t?.context
  },
  V = (e) => (e === void 0 ? void 0 : { additionalContext: e }),
  D = f(async (e) => {
    const n = e.agentId === void 0
    if (ke(e.toolName)) await m(e.sessionId, { _tag: "Called", use: void 0, byMain: n })
    return V(await m(e.sessionId, { _tag: n ? "ToolEnded" : "Stirred" }))
  }),
  h = await he({
    hooks: {
      onUserPromptSubmitted: f(async ({ agentId: e, prompt: n, sessionId: t }) =>
        e === void 0 ? V(await m(t, { _tag: "Prompted", prompt: n })) : void 0
      ),
      onPostToolUse: D,
      onPostToolUseFailure: D,
      onAgentStop: f(async ({ agentId: e, sessionId: n }) => {
        if (e !== void 0) return
        const t = await m(n, { _tag: "Stopped" })
        return t === void 0 ? void 0 : { decision: "block", reason: t }
      })
    }
  }),
  y = "",
  be = ({ data: e, type: n }) => {
    switch (n) {
      case "assistant.turn_start":
        return ((y = `${e.interactionId}/${e.turnId}`), { _tag: "Requested", request: y })
      case "assistant.message":
        return e.apiCallId === void 0 ? void 0 : { _tag: "Replied", request: y, whole: !0 }
      case "abort":
        return { _tag: "Replied", request: y, whole: !1 }
      case "assistant.idle":
      case "session.idle":
        return { _tag: "Ended" }
      case "session.error":
        return { _tag: "Failed" }
      case "permission.requested":
        return { _tag: "Asked" }
      case "session.compaction_complete":
        return e.success === !0 ? { _tag: "Forgot", cleared: !1 } : void 0
      default:
        return
    }
  }
h.on(
  f(async (e) => {
    const n = e.agentId === void 0 ? be(e) : void 0
    if (n !== void 0) await m(h.sessionId, n)
  })
)
P = (e) =>
  void h.log(e, { ephemeral: !0 }).catch(() => {
    return
  })
J.resolve(h)
