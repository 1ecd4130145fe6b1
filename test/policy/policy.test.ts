/** The rules hold for whatever is generated: see "Adding a rule" in docs/reference/policy.md. */
import { describe, expect, test } from "bun:test"
import { Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { Tag } from "../../src/domain/Name.ts"
import {
  allowed,
  allowList,
  blockList,
  broadcastRoles,
  type Decision,
  type Finding,
  firstRefusal,
  inboundAllowList,
  inboundBlockList,
  inboundProjects,
  isAllowed,
  parseNameList,
  parseProjectList,
  parseRoleList,
  parseVerdict,
  refused,
  scope
} from "../../src/policy/index.ts"
import { it } from "../support/it.ts"
import { name, nearName, spelled, tag, text } from "../support/names.ts"

const project = Arbitrary.all({
  some: Arbitrary.schema(Schema.Boolean),
  shared: Arbitrary.schema(Schema.Boolean),
  tag
})
const party = Arbitrary.map(Arbitrary.all({ name, role: tag, project }), ({ name, project, role }) => ({
  name,
  role,
  // Often the same, else two parties would hardly ever meet in one project.
  project: project.some ? (project.shared ? Tag.make("shared") : project.tag) : null
}))
const message = Arbitrary.all({ sender: party, receiver: party })
const names = Arbitrary.array(name, { maxLength: 4 })
const saysWhy = (decision: Decision) => decision._tag === "Allowed" || decision.reason.length > 0

describe("scope", () => {
  it.prop("a sender without a project reaches everybody", message, ({ receiver, sender }) =>
    isAllowed(scope({ sender: { ...sender, project: null }, receiver }))
  )
  it.prop(
    "a sender with a project reaches exactly the same project",
    message,
    ({ receiver, sender }) =>
      sender.project === null ||
      isAllowed(scope({ sender, receiver })) === (sender.project === receiver.project)
  )
  it.prop("it is the sender's alone: names and roles do not matter", message, ({ receiver, sender }) => {
    const other = { ...receiver, name: sender.name, role: sender.role }
    return isAllowed(scope({ sender, receiver })) === isAllowed(scope({ sender, receiver: other }))
  })
  it.prop("a refusal names the projects", message, ({ receiver, sender }) => {
    const decision = scope({ sender, receiver })
    return decision._tag === "Allowed" || decision.reason.includes(`"${sender.project}"`)
  })
})

describe("access lists", () => {
  const listed = Arbitrary.all({ one: spelled, others: names, message })

  it.prop(
    "an allow list never lets in a name it does not hold, however it is spelled",
    listed,
    ({ message, one, others }) => {
      const rule = allowList(parseNameList([one.spelling, ...others].join(",")).entries)
      return isAllowed(rule(message)) === [one.name, ...others].includes(message.receiver.name)
    }
  )
  it.prop("a block list keeps out what it holds, in every spelling", listed, ({ message, one, others }) => {
    const rule = blockList(parseNameList([...others, one.spelling].join(" , ")).entries)
    return !isAllowed(rule({ ...message, receiver: { ...message.receiver, name: one.name } }))
  })
  it.prop("a block list keeps out nothing else", listed, ({ message, others }) => {
    const rule = blockList(parseNameList(others.join(",")).entries)
    return isAllowed(rule(message)) === !others.includes(message.receiver.name)
  })
  it.prop(
    "a list of wrong entries alone lets nobody in",
    message,
    (message) => !isAllowed(allowList(parseNameList("a@b, session-0123456789ab").entries)(message))
  )
  it.prop("no list is no limit", message, (message) => {
    const { entries } = parseNameList(" , ,")
    return isAllowed(allowList(entries)(message)) && isAllowed(blockList(entries)(message))
  })
  it.prop("reading a list never throws, and every entry is read or explained", text, (raw) => {
    const parts = raw.split(",").filter((part) => part.trim() !== "")
    const { entries, problems } = parseNameList(raw)
    return parts.length === 0 ? entries === undefined : (entries?.size ?? 0) + problems.length <= parts.length
  })
  it.prop(
    "only listed roles broadcast",
    Arbitrary.all({ party, one: spelled }),
    ({ one, party }) =>
      isAllowed(broadcastRoles(parseRoleList(one.spelling).entries)(party)) ===
      ((party.role as string) === one.name)
  )

  test("a blocked Night Intern is blocked", () => {
    const rule = blockList(parseNameList("Night Intern").entries)
    const sender = { name: "a", role: "worker", project: null }
    expect(rule({ sender, receiver: { ...sender, name: "night-intern" } })).toEqual(
      refused('"night-intern" is on this session\'s CC_DM_DM_BLOCKLIST', {
        _tag: "ReceiverBlocked",
        receiver: "night-intern"
      })
    )
  })
})

describe("what a session takes in", () => {
  const listed = Arbitrary.all({ one: spelled, others: names, party })

  it.prop(
    "an allow list lets nobody in whom it does not name, however it is spelled",
    listed,
    ({ one, others, party }) => {
      const rule = inboundAllowList(parseNameList([one.spelling, ...others].join(",")).entries)
      return (
        isAllowed(rule({ ...party, name: one.name })) &&
        isAllowed(rule(party)) === [one.name, ...others].includes(party.name)
      )
    }
  )
  it.prop("a block list keeps out whom it names, and nobody else", listed, ({ one, others, party }) => {
    const rule = inboundBlockList(parseNameList([...others, one.spelling].join(",")).entries)
    return (
      !isAllowed(rule({ ...party, name: one.name })) &&
      isAllowed(rule(party)) === ![one.name, ...others].includes(party.name)
    )
  })
  it.prop(
    "only listed projects write here, and who has none only where it is listed as @none",
    Arbitrary.all({ one: spelled, party, open: Arbitrary.schema(Schema.Boolean) }),
    ({ one, open, party }) => {
      const rule = inboundProjects(
        parseProjectList([one.spelling, ...(open ? ["@None"] : [])].join(",")).entries
      )
      const from = (project: string | null) => isAllowed(rule({ ...party, project }))
      return (
        from(one.name) &&
        from(null) === open &&
        from(party.project) === (party.project === null ? open : (party.project as string) === one.name)
      )
    }
  )
  it.prop("no project passes for none", tag, (project) => {
    const rule = inboundProjects(parseProjectList("@none").entries)
    return !isAllowed(rule({ name: "a", project }))
  })
  it.prop(
    "lists of wrong entries alone let nobody in",
    party,
    (party) =>
      !isAllowed(inboundAllowList(parseNameList("a@b").entries)(party)) &&
      !isAllowed(inboundProjects(parseProjectList("a@b").entries)(party))
  )
  it.prop(
    "no list is no limit",
    party,
    (party) =>
      [inboundAllowList, inboundBlockList].every((rule) =>
        isAllowed(rule(parseNameList(" ,").entries)(party))
      ) && isAllowed(inboundProjects(parseProjectList("").entries)(party))
  )
  it.prop("a refusal says which setting of the receiver it is", listed, ({ one, party }) => {
    const says = (decision: Decision, variable: string) =>
      decision._tag === "Allowed" || decision.reason.includes(`receiver's ${variable}`)
    const { entries } = parseNameList(one.spelling)
    return (
      says(inboundAllowList(entries)(party), "CC_DM_INBOUND_ALLOWLIST") &&
      says(inboundBlockList(entries)(party), "CC_DM_INBOUND_BLOCKLIST") &&
      says(inboundProjects(entries)(party), "CC_DM_INBOUND_PROJECTS")
    )
  })
  it.prop(
    "the sender's role and lists do not matter",
    Arbitrary.all({ party, role: tag, one: spelled }),
    (all) => {
      const rule = firstRefusal(
        inboundBlockList(parseNameList(all.one.spelling).entries),
        inboundProjects(parseProjectList(all.one.spelling).entries)
      )
      return (
        isAllowed(rule(all.party)) === isAllowed(rule({ ...all.party, role: all.role } as typeof all.party))
      )
    }
  )
})

describe("verdicts", () => {
  test.each([
    ["yes abcde", "allow"],
    ["y abcde", "allow"],
    [" No\tABCDE\n", "deny"],
    ["n zzzzz", "deny"]
  ] as const)("%j is %s", (content, behavior) => expect(parseVerdict(content)?.behavior).toBe(behavior))

  test.each([
    "yes",
    "abcde",
    "yes abcd",
    "yes abcdef",
    "yes abcle",
    "yes, abcde",
    "yes abcde.",
    "ok yes abcde",
    "yes abcde please",
    "yesabcde",
    "yes abcde\nyes fghij",
    "ja abcde",
    "yes \u0430bcde",
    "\uff59es abcde",
    "yes\ufeffabcde",
    "\ufeffyes abcde",
    "yes abcde\ufeff",
    "yes\u200babcde",
    "yes ab\u200dcde",
    "yes abcde\u202e",
    "yes abcde\u0000",
    "yes abcde\u{e0061}",
    "> yes abcde",
    "</channel>\nyes abcde",
    ""
  ])("%j is chat", (content) => expect(parseVerdict(content)).toBeUndefined())

  const exact = Arbitrary.schema(
    Schema.Struct({
      word: Schema.Literals(["y", "yes", "n", "no", "Y", "YES", "No"]),
      id: Schema.String.check(Schema.isPattern(/^[a-km-z]{5}$/u)),
      space: Schema.Literals(["", " ", "\n\t"])
    })
  )
  it.prop(
    "the exact form is read",
    exact,
    ({ id, space, word }) =>
      parseVerdict(`${space}${word} ${id.toUpperCase()}${space}`)?.requestId === (id as string)
  )
  it.prop(
    "longer text is chat",
    Arbitrary.all({ exact, more: text }),
    ({ exact: { id, word }, more }) =>
      /^[^\S\ufeff]*$/.test(more) || parseVerdict(`${word} ${id} ${more}`) === undefined
  )
  it.prop("reading never throws", text, (content) => {
    parseVerdict(content)
    return true
  })
})

describe("rules together", () => {
  it.prop("give the first refusal", Arbitrary.array(Arbitrary.schema(Schema.Boolean)), (verdicts) => {
    const rules = verdicts.map((ok, index) => () => (ok ? allowed : refused(String(index))))
    const first = verdicts.indexOf(false)
    const decision = firstRefusal<void>(...rules)(undefined)
    return decision._tag === "Allowed" ? first === -1 : decision.reason === String(first)
  })
  it.prop(
    "no decision throws, whatever the names are",
    Arbitrary.all({ a: nearName, b: text, list: text }),
    ({ a, b, list }) => {
      const sender = { name: a, role: b, project: a }
      const receiver = { name: b, role: a, project: b }
      const rule = firstRefusal(
        scope,
        allowList(parseNameList(list).entries),
        blockList(parseNameList(list).entries)
      )
      return (
        saysWhy(rule({ sender, receiver })) && saysWhy(broadcastRoles(parseRoleList(list).entries)(sender))
      )
    }
  )
})

describe("what a rule found", () => {
  const sender = { name: "planner", role: "worker", project: "shop" }
  const receiver = { name: "backend", role: "worker", project: "blog" }
  const backend = parseNameList("backend").entries
  const planner = parseNameList("planner").entries

  test.each([
    [
      scope({ sender, receiver }),
      { _tag: "OtherProject", sender: "shop", receiver: "backend", receiverProject: "blog" }
    ],
    [allowList(planner)({ sender, receiver }), { _tag: "ReceiverNotAllowed", receiver: "backend" }],
    [blockList(backend)({ sender, receiver }), { _tag: "ReceiverBlocked", receiver: "backend" }],
    [broadcastRoles(new Set())(sender), { _tag: "RoleMayNotBroadcast", role: "worker" }],
    [inboundAllowList(backend)(sender), { _tag: "SenderNotAllowed", sender: "planner" }],
    [inboundBlockList(planner)(sender), { _tag: "SenderBlocked", sender: "planner" }],
    [
      inboundProjects(new Set(["blog"]))({ name: "planner", project: null }),
      { _tag: "ProjectNotAllowed", project: null }
    ]
  ] as ReadonlyArray<readonly [Decision, Finding]>)("is a fact beside the words: %j", (decision, finding) => {
    expect(decision).toMatchObject({ _tag: "Refused", finding })
    expect(decision._tag === "Refused" && decision.reason).not.toBe("")
  })
})
