// Built from src/ by `bun run build`: do not edit. Licences of others: THIRD-PARTY-NOTICES.txt
import { createHash as G, randomBytes as pe } from "node:crypto"
import { chmodSync as be, mkdirSync as ke, lstatSync as S, readdirSync as z } from "node:fs"
import { hostname as V } from "node:os"
var x = (e) => G("sha256").update(e).digest("hex"),
  k = process.getuid?.(),
  P = [...[process.env.XDG_RUNTIME_DIR ?? "", `/run/user/${k}`].filter((e) => e.startsWith("/")), "/tmp"],
  we = V()
var X = (e) => {
  const o = `cc-dm-hook-${k ?? "user"}-${x(e).slice(0, 16)}`
  return [`${e}/.cc-dm/hook`, ...new Set(P.map((s) => `${s}/${o}`))]
}
var R = "CC_DM_HOOK_KEY"
var Y = (e) => {
  const o = S(e)
  return o.isDirectory() && o.uid === (k ?? o.uid)
}
var Q = (e) => {
    try {
      return Y(e) && (S(e).mode & 63) === 0 ? z(e) : []
    } catch {
      return []
    }
  },
  Z = (e) =>
    X(e).flatMap((o) =>
      Q(o).flatMap((s) => {
        const [, r, a, f = ""] = /^(\d+)-(\d+)(?:-([\w-]+))?\.sock$/.exec(s) ?? []
        return r === void 0 ? [] : [{ path: `${o}/${s}`, agent: Number(r), server: Number(a), key: f }]
      })
    ),
  _ = (e, o, s) => Z(e).find((r) => r.agent === o && r.key === s)?.path
var A = "cc-dm/toolUse"
var H = {
  name: "cc-dm",
  version: "2.1.0",
  description: "Direct messages between your Claude Code sessions: any session can write to any other one.",
  author: { name: "cc-dm contributors" },
  license: "MIT",
  keywords: ["messaging", "channel", "sessions", "multi-agent"],
  network: { hosts: [] },
  mcpServers: { "cc-dm": { command: "sh", args: ["${CLAUDE_PLUGIN_ROOT}/bin/cc-dm", "serve"] } },
  channels: [{ server: "cc-dm" }]
}
var T = H.version
import { spawn as ne } from "node:child_process"
var oe = "2025-06-18",
  te = 2000,
  re = (e) =>
    new Promise((o) => {
      if (e.exitCode !== null || e.signalCode !== null) return o()
      e.once("exit", () => o())
    }),
  C = async (e) => {
    let [o, ...s] = e.command,
      r = ne(o, s, { cwd: e.folder, env: { ...process.env, ...e.env }, stdio: ["pipe", "pipe", "ignore"] }),
      a = new Map(),
      f = 0,
      y = "",
      u = (n) => {
        for (const { reject: t } of a.values()) t(Error(n))
        a.clear()
      },
      m = "the server of cc-dm has ended: start this session anew"
    r.once("error", ({ message: n }) => u(`the server of cc-dm does not start: ${n}`)),
      r.once("exit", () => u(m)),
      r.stdin.on("error", () => {
        return
      })
    const d = (n) => {
        r.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...n })}
`)
      },
      w = ({ error: n, id: t, method: i, result: g }) => {
        if (t === void 0) return
        if (i !== void 0) {
          d({ id: t, result: {} })
          return
        }
        const p = a.get(t)
        if ((a.delete(t), n === void 0)) p?.resolve(g ?? {})
        else p?.reject(Error(n.message))
      }
    r.stdout.setEncoding("utf8"),
      r.stdout.on("data", (n) => {
        const t = (y + n).split(`
`)
        y = t.pop() ?? ""
        for (const i of t)
          try {
            w(JSON.parse(i))
          } catch {
            r.kill()
          }
      })
    const c = (n, t, i) =>
        new Promise((g, p) => {
          if (r.exitCode !== null || r.signalCode !== null) return p(Error(m))
          f += 1
          const h = f
          a.set(h, { resolve: g, reject: p }),
            i?.addEventListener(
              "abort",
              () => {
                if (!a.delete(h)) return
                d({ method: "notifications/cancelled", params: { requestId: h } }),
                  p(Error("the call was given up"))
              },
              { once: !0 }
            ),
            d({ id: h, method: n, params: t })
        }),
      l = async () => {
        r.stdin.end()
        const n = setTimeout(() => r.kill(), te)
        await re(r), clearTimeout(n)
      }
    try {
      const { instructions: n = "" } = await c("initialize", {
        protocolVersion: oe,
        capabilities: {},
        clientInfo: e.client
      })
      d({ method: "notifications/initialized" })
      const { tools: t } = await c("tools/list", {})
      return { instructions: n, tools: t, call: async (i, g) => await c("tools/call", i, g), close: l }
    } catch (n) {
      throw (r.kill(), n)
    }
  }
import { existsSync as ae } from "node:fs"
import { homedir as se } from "node:os"
import { fileURLToPath as de } from "node:url"
var ie = () => {
    try {
      return se()
    } catch {
      return ""
    }
  },
  M = (e) => {
    const o = e === void 0 || e === "" ? ie() : e
    return o.startsWith("/") ? o : void 0
  }
var q = () => M(process.env.HOME) ?? "",
  E = (e) => {
    const o = (r) => de(new URL(r, e)),
      s = o("../../../bin/cc-dm")
    return ae(s) && o("..").includes("/lib/") ? s : o("../bin/cc-dm")
  },
  O =
    (e, o) =>
    async (...s) => {
      try {
        return await o(...s)
      } catch (r) {
        e(`cc-dm: ${r instanceof Error ? r.message : String(r)}`)
        return
      }
    }
import { randomBytes as le } from "node:crypto"
import { connect as I } from "node:net"
var j = 2000,
  B = 30000,
  ce = 300,
  U = (e, o) => {
    let s = ""
    e.setEncoding("utf8"),
      e.on("data", (r) => {
        const a = (s + r).split(`
`)
        s = a.pop() ?? ""
        try {
          for (const f of a) o(JSON.parse(f))
        } catch {
          e.destroy()
        }
      })
  },
  F = (e, o) => {
    let s = !0,
      r,
      a,
      f = Promise.resolve(),
      y = (c, l, n, t) =>
        new Promise((i) => {
          const g = n - performance.now()
          if (g <= 0) return i(t)
          let p = I(c),
            h = setTimeout(() => p.destroy(), g),
            v = !1
          p.on("connect", () => {
            ;(v = !0),
              p.write(`${JSON.stringify({ v: 1, hook: l })}
`)
          }),
            U(p, (b) => {
              i(b), p.destroy()
            }),
            p.on("error", () => {
              return
            }),
            p.on("close", () => {
              clearTimeout(h), i(v ? void 0 : {})
            })
        }),
      u = async (c, l) => {
        if (c === a || o === void 0) return
        ;(a = c), await y(c, o(), l, void 0)
      },
      m = async (c, l, n) => {
        const t = e()
        if (t === void 0 || !s) return {}
        return (await u(t, l), y(t, c, l, n))
      },
      d = (c) => {
        const l = f.then(c)
        return ((f = l), l)
      },
      w = (c) => {
        if (!s) return
        const l = () => setTimeout(() => w(c), ce).unref(),
          n = e()
        if (n === void 0) {
          l()
          return
        }
        const t = I(n)
        ;(r = t),
          t.on("connect", () => {
            t.write(`{"v":1,"subscribe":"plugin"}
`),
              d(() => u(n, performance.now() + B))
          }),
          U(t, (i) => {
            if ("wakeUp" in i && typeof i.wakeUp === "string") c(i.wakeUp)
          }),
          t.on("error", () => {
            return
          }),
          t.on("close", l),
          t.unref()
      }
    return {
      ask: (c) => {
        const l = performance.now() + j,
          n = d(() => m(c, l, {}))
        return new Promise((t) => {
          const i = setTimeout(() => t({}), j + 100)
          n.then((g) => {
            clearTimeout(i), t(g)
          })
        })
      },
      tell: (c) => {
        const l = performance.now() + B
        return d(() => m(c, l, void 0)).then((n) => n !== void 0)
      },
      subscribe: w,
      close: () => {
        ;(s = !1), r?.destroy()
      }
    }
  }
var N = (e) => {
  let o = 0,
    s,
    r = [],
    a = !1,
    f = (u) => {
      if (s === void 0) return
      if ((e({ _tag: "Replied", request: s.request, whole: u }), (s = void 0), u))
        r = r.filter(({ isHeld: m }) => !m)
    },
    y = ({ id: u, whole: m }) => {
      if (s !== void 0 && !s.known.has(u)) f(m)
    }
  return {
    shown: (u, m) => {
      r = [...r, { call: u, text: m, isHeld: !1, isOld: !1 }]
    },
    doubt: () => {
      a = !0
    },
    begin: (u, m) => {
      for (const n of u) y(n)
      if ((f(!1), a)) e({ _tag: "Forgot", cleared: !1 })
      a = !1
      const d = r.map((n) => ({ ...n, isHeld: m.some((t) => t.includes(n.text)) })),
        w = ({ isHeld: n, isOld: t }) => t && !n
      r = d.filter((n) => !w(n))
      const c = d.filter(w).map(({ call: n }) => n)
      if (c.length > 0) e({ _tag: "Dropped", calls: c })
      ;(o += 1), (s = { request: `request ${o}`, known: new Set(u.map(({ id: n }) => n)) })
      const l = r.filter(({ isHeld: n }) => n).map(({ call: n }) => n)
      e({ _tag: "Requested", request: s.request, holds: l })
    },
    replied: y,
    ended: () => {
      r = r.map((u) => ({ ...u, isOld: !0 }))
    }
  }
}
var D = () => {
  const e = le(6).toString("base64url"),
    s = F(
      () => _(q(), process.pid, e),
      () => ({ event: { _tag: "Forgot", cleared: !1 }, conversation: a.conversation })
    ),
    r = (f) => {
      s.tell({ event: f, conversation: a.conversation }).then((y) => {
        if (!y) a.requests.doubt()
      })
    },
    a = {
      key: e,
      conversation: "",
      requests: N(r),
      tell: r,
      show: async (f, y) => {
        const u = await s.ask({ event: f, conversation: a.conversation })
        if (u === void 0) a.requests.doubt()
        const { call: m, context: d, notice: w } = u ?? {}
        if (w !== void 0) y(w)
        if (d === void 0 || m === void 0) return
        return (a.requests.shown(m, d), d)
      },
      subscribe: s.subscribe,
      close: s.close
    }
  return a
}
var L = "cc_dm_",
  ue = 1e4,
  fe = 120000,
  J = ({ role: e, stopReason: o, timestamp: s }) =>
    e === "assistant" ? [{ id: String(s), whole: o !== "error" && o !== "aborted" }] : [],
  me = ({ content: e = [] }) =>
    typeof e === "string" ? [e] : e.flatMap(({ text: o }) => (o === void 0 ? [] : [o])),
  Ye = (e) => {
    let o = D(),
      s,
      r,
      a = 0,
      f,
      y = (n) => (t) => {
        if (r?.hasUI) r.ui.notify(t, n)
      },
      u = y("warning"),
      m = y("info"),
      d = (n) => O(u, n),
      w = d((n) => {
        if (performance.now() < a || r?.isIdle() !== !0) return o.tell({ _tag: "Stirred" })
        e.sendUserMessage(n)
      }),
      c = ({ description: n, inputSchema: t, name: i, title: g = i }) =>
        e.registerTool({
          name: L + i,
          label: g,
          description: n,
          parameters: t,
          execute: async (p, h, v) => {
            if (s === void 0) throw Error("the server of cc-dm does not run")
            const { content: b, isError: K } = await s.call({ name: i, arguments: h, _meta: { [A]: p } }, v)
            if (K)
              throw Error(
                b
                  .map(({ text: W = "" }) => W)
                  .join(`
`)
              )
            return { content: b, details: {} }
          }
        }),
      l = () => clearTimeout(f)
    e.on(
      "session_start",
      d(async (n, t) => {
        ;(r = t),
          (o.conversation = t.sessionManager.getSessionId()),
          (s = await C({
            command: [E(import.meta.url), "serve", "--agent", "pi"],
            env: { [R]: o.key },
            folder: t.cwd,
            client: { name: "pi", version: T }
          }))
        for (const i of s.tools) c(i)
        o.subscribe(w), o.tell({ _tag: "Ended" })
      })
    ),
      e.on(
        "session_shutdown",
        d(async () => {
          l(), o.close(), await s?.close()
        })
      ),
      e.on(
        "before_agent_start",
        d(async ({ prompt: n, systemPrompt: t }) => {
          const i = await o.show({ _tag: "Prompted", prompt: n }, () => {
            return
          })
          return {
            systemPrompt: `${t}

${s?.instructions ?? ""}`,
            ...(i === void 0 ? {} : { message: { customType: "cc-dm", content: i, display: !0 } })
          }
        })
      ),
      e.on("agent_start", d(l)),
      e.on(
        "context",
        d(({ messages: n }) => o.requests.begin(n.flatMap(J), n.flatMap(me)))
      ),
      e.on(
        "message_end",
        d(({ message: n }) => {
          for (const t of J(n)) o.requests.replied(t)
        })
      ),
      e.on(
        "tool_result",
        d(async ({ content: n, toolCallId: t, toolName: i }) => {
          if (i.startsWith(L)) o.tell({ _tag: "Called", use: t, byMain: !0 })
          const g = await o.show({ _tag: "ToolEnded" }, m)
          return g === void 0 ? void 0 : { content: [...n, { type: "text", text: g }] }
        })
      ),
      e.on(
        "agent_end",
        d(({ messages: n }) => {
          const t = n.findLast(({ role: g }) => g === "assistant")?.stopReason === "error",
            i = () => {
              o.requests.ended(), o.tell({ _tag: t ? "Failed" : "Ended" })
            }
          if (t) f = setTimeout(i, ue).unref()
          else i()
        })
      ),
      e.on(
        "session_before_compact",
        d(() => {
          a = performance.now() + fe
        })
      ),
      e.on(
        "session_compact",
        d(() => {
          ;(a = 0), o.tell({ _tag: "Forgot", cleared: !1 })
        })
      ),
      e.on(
        "session_tree",
        d(() => o.tell({ _tag: "Forgot", cleared: !1 }))
      )
  }
export { Ye as default }
