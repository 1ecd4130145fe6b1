/** A certificate for a server, and the authority that stands for it: made for one server, so that no other's is trusted. */
import { writeFileSync } from "node:fs"
import { isIP } from "node:net"
import { join } from "node:path"
import { mustRun } from "../../scripts/support/run.ts"
import { asServerUser } from "./programs.ts"

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

/** Makes `server.crt` and `server.key` in a server's data folder and `ca.crt` beside it, good for some names and addresses. */
export const makeCertificate = async (folder: string, names: ReadonlyArray<string>): Promise<void> => {
  const at = (name: string) => join(folder, name)
  const openssl = (...args: ReadonlyArray<string>) =>
    mustRun(asServerUser("openssl", ...args), { cwd: folder })
  const extensions = at("extensions")
  writeFileSync(
    extensions,
    `subjectAltName=${names.map((name) => `${isIP(name) === 0 ? "DNS" : "IP"}:${name}`).join(",")}\n`
  )
  const authority = ["-subj", "/CN=cc-dm test authority", "-keyout", at("ca.key"), "-out", at("ca.crt")]
  await openssl("req", "-x509", ...newKey, "-days", "2", ...authority)
  const key = at("data/server.key")
  await openssl("req", ...newKey, "-subj", `/CN=${names[0]}`, "-keyout", key, "-out", at("server.csr"))
  const signedBy = ["-CA", at("ca.crt"), "-CAkey", at("ca.key"), "-CAcreateserial"]
  const certificate = ["-in", at("server.csr"), "-out", at("data/server.crt")]
  await openssl("x509", "-req", ...signedBy, ...certificate, "-days", "2", "-extfile", extensions)
  // PostgreSQL takes no key that others may read.
  await mustRun(asServerUser("chmod", "600", key))
}
