// Built from src/ by `bun run build`: do not edit. Licences of others: THIRD-PARTY-NOTICES.txt
import { randomBytes as de, randomBytes as ee, createHash as U } from "node:crypto"
import { chmodSync as fe, lstatSync as H, mkdirSync as me, readdirSync as W } from "node:fs"
import { hostname as L } from "node:os"
import { basename as ne } from "node:path"
var x = (n) => U("sha256").update(n).digest("hex"),
  b = process.getuid?.(),
  S = [...[process.env.XDG_RUNTIME_DIR ?? "", `/run/user/${b}`].filter((n) => n.startsWith("/")), "/tmp"],
  ce = L()
var z = (n) => {
  const t = `cc-dm-hook-${b ?? "user"}-${x(n).slice(0, 16)}`
  return [`${n}/.cc-dm/hook`, ...new Set(S.map((o) => `${o}/${t}`))]
}
var P = "CC_DM_HOOK_KEY"
var K = (n) => {
  const t = H(n)
  return t.isDirectory() && t.uid === (b ?? t.uid)
}
var j = (n) => {
    try {
      return K(n) && (H(n).mode & 63) === 0 ? W(n) : []
    } catch {
      return []
    }
  },
  J = (n) =>
    z(n).flatMap((t) =>
      j(t).flatMap((o) => {
        const [, i, a, l = ""] = /^(\d+)-(\d+)(?:-([\w-]+))?\.sock$/.exec(o) ?? []
        return i === void 0 ? [] : [{ path: `${t}/${o}`, agent: Number(i), server: Number(a), key: l }]
      })
    ),
  R = (n, t, o) => J(n).find((i) => i.agent === t && i.key === o)?.path
import { existsSync as X } from "node:fs"
import { homedir as V } from "node:os"
import { fileURLToPath as Y } from "node:url"
var G = () => {
    try {
      return V()
    } catch {
      return ""
    }
  },
  A = (n) => {
    const t = n === void 0 || n === "" ? G() : n
    return t.startsWith("/") ? t : void 0
  }
var q = () => A(process.env.HOME) ?? "",
  _ = (n) => {
    const t = (i) => Y(new URL(i, n)),
      o = t("../../../bin/cc-dm")
    return X(o) && t("..").includes("/lib/") ? o : t("../bin/cc-dm")
  },
  k =
    (n, t) =>
    async (...o) => {
      try {
        return await t(...o)
      } catch (i) {
        n(`cc-dm: ${i instanceof Error ? i.message : String(i)}`)
        return
      }
    }
import { randomBytes as Z } from "node:crypto"
import { connect as I } from "node:net"
var M = 2000,
  O = 30000,
  Q = 300,
  C = (n, t) => {
    let o = ""
    n.setEncoding("utf8"),
      n.on("data", (i) => {
        const a = (o + i).split(`
`)
        o = a.pop() ?? ""
        try {
          for (const l of a) t(JSON.parse(l))
        } catch {
          n.destroy()
        }
      })
  },
  T = (n, t) => {
    let o = !0,
      i,
      a,
      l = Promise.resolve(),
      p = (c, r, e, s) =>
        new Promise((u) => {
          const f = e - performance.now()
          if (f <= 0) return u(s)
          let g = I(c),
            v = setTimeout(() => g.destroy(), f),
            w = !1
          g.on("connect", () => {
            ;(w = !0),
              g.write(`${JSON.stringify({ v: 1, hook: r })}
`)
          }),
            C(g, (N) => {
              u(N), g.destroy()
            }),
            g.on("error", () => {
              return
            }),
            g.on("close", () => {
              clearTimeout(v), u(w ? void 0 : {})
            })
        }),
      d = async (c, r) => {
        if (c === a || t === void 0) return
        ;(a = c), await p(c, t(), r, void 0)
      },
      m = async (c, r, e) => {
        const s = n()
        if (s === void 0 || !o) return {}
        return (await d(s, r), p(s, c, r, e))
      },
      y = (c) => {
        const r = l.then(c)
        return ((l = r), r)
      },
      h = (c) => {
        if (!o) return
        const r = () => setTimeout(() => h(c), Q).unref(),
          e = n()
        if (e === void 0) {
          r()
          return
        }
        const s = I(e)
        ;(i = s),
          s.on("connect", () => {
            s.write(`{"v":1,"subscribe":"plugin"}
`),
              y(() => d(e, performance.now() + O))
          }),
          C(s, (u) => {
            if ("wakeUp" in u && typeof u.wakeUp === "string") c(u.wakeUp)
          }),
          s.on("error", () => {
            return
          }),
          s.on("close", r),
          s.unref()
      }
    return {
      ask: (c) => {
        const r = performance.now() + M,
          e = y(() => m(c, r, {}))
        return new Promise((s) => {
          const u = setTimeout(() => s({}), M + 100)
          e.then((f) => {
            clearTimeout(u), s(f)
          })
        })
      },
      tell: (c) => {
        const r = performance.now() + O
        return y(() => m(c, r, void 0)).then((e) => e !== void 0)
      },
      subscribe: h,
      close: () => {
        ;(o = !1), i?.destroy()
      }
    }
  }
var D = (n) => {
  let t = 0,
    o,
    i = [],
    a = !1,
    l = (d) => {
      if (o === void 0) return
      if ((n({ _tag: "Replied", request: o.request, whole: d }), (o = void 0), d))
        i = i.filter(({ isHeld: m }) => !m)
    },
    p = ({ id: d, whole: m }) => {
      if (o !== void 0 && !o.known.has(d)) l(m)
    }
  return {
    shown: (d, m) => {
      i = [...i, { call: d, text: m, isHeld: !1, isOld: !1 }]
    },
    doubt: () => {
      a = !0
    },
    begin: (d, m) => {
      for (const e of d) p(e)
      if ((l(!1), a)) n({ _tag: "Forgot", cleared: !1 })
      a = !1
      const y = i.map((e) => ({ ...e, isHeld: m.some((s) => s.includes(e.text)) })),
        h = ({ isHeld: e, isOld: s }) => s && !e
      i = y.filter((e) => !h(e))
      const c = y.filter(h).map(({ call: e }) => e)
      if (c.length > 0) n({ _tag: "Dropped", calls: c })
      ;(t += 1), (o = { request: `request ${t}`, known: new Set(d.map(({ id: e }) => e)) })
      const r = i.filter(({ isHeld: e }) => e).map(({ call: e }) => e)
      n({ _tag: "Requested", request: o.request, holds: r })
    },
    replied: p,
    ended: () => {
      i = i.map((d) => ({ ...d, isOld: !0 }))
    }
  }
}
var E = () => {
  const n = Z(6).toString("base64url"),
    o = T(
      () => R(q(), process.pid, n),
      () => ({ event: { _tag: "Forgot", cleared: !1 }, conversation: a.conversation })
    ),
    i = (l) => {
      o.tell({ event: l, conversation: a.conversation }).then((p) => {
        if (!p) a.requests.doubt()
      })
    },
    a = {
      key: n,
      conversation: "",
      requests: D(i),
      tell: i,
      show: async (l, p) => {
        const d = await o.ask({ event: l, conversation: a.conversation })
        if (d === void 0) a.requests.doubt()
        const { call: m, context: y, notice: h } = d ?? {}
        if (h !== void 0) p(h)
        if (y === void 0 || m === void 0) return
        return (a.requests.shown(m, y), y)
      },
      subscribe: o.subscribe,
      close: o.close
    }
  return a
}
var te = /kilo/i.test(ne(process.execPath)) ? "kilo" : "opencode",
  oe = 8000,
  B = (n) => n.startsWith("cc-dm_"),
  F = ({ error: n, finish: t, id: o, role: i, summary: a, time: l }) =>
    i === "assistant" && l?.completed !== void 0 && a !== !0
      ? [{ id: o, whole: n === void 0 && t !== void 0 }]
      : [],
  re = ({ parts: n }) =>
    n.flatMap(({ state: t, text: o }) => [
      ...(o === void 0 ? [] : [o]),
      ...(t?.status === "completed" && t.output !== void 0 ? [t.output] : [])
    ]),
  se = (n, t) => {
    if (Array.isArray(n.content)) n.content.push({ type: "text", text: t })
    else
      n.output = `${n.output ?? ""}

${t}`
  },
  De = async ({ client: n }) => {
    let t = E(),
      o,
      i,
      a,
      l = !1,
      p = new Map(),
      d = (r) => {
        n.app.log({ body: { service: "cc-dm", level: "warn", message: r } }).catch(() => {
          return
        })
      },
      m = (r) => {
        n.tui.showToast({ body: { message: r, variant: "info", duration: oe } }).catch(() => {
          return
        })
      },
      y = k(d, async (r) => {
        if (o === void 0) return
        const { error: e } = await n.session.promptAsync({
          path: { id: o },
          body: {
            agent: i?.agent,
            model: i?.model,
            variant: i?.model?.variant,
            parts: [{ type: "text", text: r }]
          }
        })
        if (e !== void 0) d("cc-dm: opencode did not take the line that wakes the session")
      }),
      h = async (r) => {
        if (o !== void 0) return r === o
        const { data: e } = await n.session.get({ path: { id: r } })
        if (e === void 0 || e.parentID !== void 0 || o !== void 0) return r === o
        return ((o = r), (t.conversation = r), t.subscribe(y), !0)
      },
      c = () => {
        t.tell({ _tag: "Left" }), (o = void 0), (t.conversation = "")
      }
    return {
      config: k(d, (r) => {
        const e = r.mcp?.["cc-dm"]
        r.mcp = {
          ...r.mcp,
          "cc-dm": {
            type: "local",
            command: [_(import.meta.url), "serve", "--agent", te],
            enabled: !0,
            ...e,
            environment: { ...e?.environment, [P]: t.key }
          }
        }
      }),
      dispose: k(d, t.close),
      event: k(d, ({ event: { properties: r, type: e } }) => {
        const { info: s, sessionID: u } = r
        if (e === "session.idle") {
          for (const [f, g] of p) if (g === u) p.delete(f)
        }
        if (e === "session.deleted" && s.id === o) c()
        if (e === "session.updated" && s.id === o) {
          const { revert: f } = s
          if (f !== void 0 && f.messageID !== a) t.tell({ _tag: "Forgot", cleared: !1 })
          a = f?.messageID
        }
        if (e === "message.updated" && s.sessionID === o) for (const f of F(s)) t.requests.replied(f)
        if (o === void 0 || u !== o) return
        if (e === "session.compacted") t.tell({ _tag: "Forgot", cleared: !1 })
        if (e === "permission.asked" || e === "question.asked") t.tell({ _tag: "Asked" })
        if (e === "session.idle") t.requests.ended(), t.tell({ _tag: "Ended" })
      }),
      "chat.message": k(d, async ({ sessionID: r }, { message: e, parts: s }) => {
        if (!(await h(r))) return
        i = { agent: e.agent, model: e.model }
        const u = s
            .flatMap(({ text: v }) => (v === void 0 ? [] : [v]))
            .join(`
`),
          f = await t.show({ _tag: "Prompted", prompt: u }, m)
        if (f === void 0) return
        const g = `prt_zz${ee(12).toString("hex")}`
        s.push({ id: g, messageID: e.id, sessionID: r, type: "text", synthetic: !0, text: f })
      }),
      "tool.execute.before": k(d, ({ callID: r, sessionID: e, tool: s }) => {
        if (B(s) && e !== o) p.set(r, e)
      }),
      "tool.execute.after": k(d, async ({ callID: r, sessionID: e, tool: s }, u) => {
        const f = e === o
        if (B(s)) t.tell({ _tag: "Called", use: void 0, byMain: f && p.size === 0 })
        if ((p.delete(r), !f)) return t.tell({ _tag: "Stirred" })
        if (u === void 0) return
        const g = await t.show({ _tag: "ToolEnded" }, m)
        if (g !== void 0) se(u, g)
      }),
      "experimental.session.compacting": k(d, ({ sessionID: r }) => {
        if (r === o) l = !0
      }),
      "experimental.chat.messages.transform": k(d, (r, { messages: e }) => {
        const s = e[0]?.info.sessionID
        if (s !== void 0 && s !== o) return
        if (!l && s !== void 0)
          t.requests.begin(
            e.flatMap(({ info: u }) => F(u)),
            e.flatMap(re)
          )
        l = !1
      })
    }
  }
export { De as CcDm }
