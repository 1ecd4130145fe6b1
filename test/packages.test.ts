/** When the nightly run says that Effect's own SQLite client serves (docs/decisions/0002). */
import { expect, test } from "bun:test"
import { servingVersion } from "../scripts/check-effect-packages.ts"

const tried = { version: "4.0.0-beta.103", wants: "^4.0.0-beta.103" }

test("a version that was tried and does not serve is no news, whatever its range says", () => {
  expect(servingVersion([tried], "4.1.0")).toBeUndefined()
})

test("the newest version that accepts this Effect is", () => {
  const versions = [
    { version: "4.1.2", wants: "^4.1.0" },
    { version: "4.1.10", wants: "^4.1.0" },
    tried,
    { version: "5.0.0", wants: "^5.0.0" }
  ]
  expect(servingVersion(versions, "4.1.0")).toBe("4.1.10")
})

test("a version for another Effect, or that says nothing, is not", () => {
  expect(
    servingVersion(
      [
        { version: "4.2.0", wants: "^4.2.0" },
        { version: "4.3.0", wants: undefined }
      ],
      "4.1.0"
    )
  ).toBeUndefined()
})
