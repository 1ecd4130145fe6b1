/**
 * A rule of your own beside those of cc-dm: reviewers are written to by the planner alone. A rule is a pure function from facts to a
 * decision, so that it can be tried without a bus. Run it: `bun examples/policy-rule.ts`
 */
import { allowed, type DirectMessage, firstRefusal, type Rule, refused, scope } from "cc-dm/policy"

const reviewersAreBusy: Rule<DirectMessage> = ({ sender, receiver }) =>
  receiver.role !== "reviewer" || sender.role === "orchestrator"
    ? allowed
    : refused(`"${receiver.name}" reviews, and takes work from the planner alone`)

const mayWrite = firstRefusal(scope, reviewersAreBusy)

const planner = { name: "planner", role: "orchestrator", project: "shop" }
const backend = { name: "backend", role: "worker", project: "shop" }
const anna = { name: "anna", role: "reviewer", project: "shop" }
const stranger = { name: "stranger", role: "reviewer", project: "blog" }

for (const [sender, receiver] of [
  [planner, anna],
  [backend, anna],
  [planner, stranger]
] as const) {
  const decision = mayWrite({ sender, receiver })
  const answer = decision._tag === "Allowed" ? "yes" : `no: ${decision.reason}`
  console.log(`${sender.name} to ${receiver.name}: ${answer}`)
}
