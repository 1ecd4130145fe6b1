/** Signatures (Ed25519), and what is made of secrets: the only place that knows how. Keys are texts, in base64url. */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  randomBytes,
  sign,
  timingSafeEqual,
  verify
} from "node:crypto"

/** What stands before the 32 bytes of a key in its DER form. */
const privatePrefix = Buffer.from("302e020100300506032b657004220420", "hex")
const publicPrefix = Buffer.from("302a300506032b6570032100", "hex")
const keyLength = 32

/** A private key: `seed` is all that has to be kept of it. */
export interface SigningKey {
  readonly seed: string
  readonly publicKey: string
  readonly sign: (text: string) => string
}

/** Whether a text was signed with the key that belongs to a public one. */
export type Verifies = (text: string, signature: string) => boolean

const signingKeyOf = (seed: Buffer): SigningKey => {
  const key = createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: "der", type: "pkcs8" })
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" })
  return {
    seed: seed.toString("base64url"),
    publicKey: publicKey.subarray(publicPrefix.length).toString("base64url"),
    sign: (text) => sign(null, Buffer.from(text), key).toString("base64url")
  }
}

export const randomSigningKey = (): SigningKey => signingKeyOf(randomBytes(keyLength))

/** The key that a seed makes; `undefined`: it is none. */
export const readSigningKey = (seed: string): SigningKey | undefined => {
  const bytes = Buffer.from(seed, "base64url")
  return bytes.length === keyLength ? signingKeyOf(bytes) : undefined
}

/** Reads a public key; `undefined`: it is none. */
export const readPublicKey = (text: string): Verifies | undefined => {
  const bytes = Buffer.from(text, "base64url")
  if (bytes.length !== keyLength) return undefined
  const key = createPublicKey({ key: Buffer.concat([publicPrefix, bytes]), format: "der", type: "spki" })
  return (signed, signature) => verify(null, Buffer.from(signed), key, Buffer.from(signature, "base64url"))
}

const derive = (secret: string, purpose: string, of: string): Buffer =>
  Buffer.from(hkdfSync("sha256", of, secret, `cc-dm ${purpose}`, keyLength))

/** The signing key that a secret gives to `of`: always the same one. */
export const derivedSigningKey = (secret: string, of: string): SigningKey =>
  signingKeyOf(derive(secret, "signing key", of))

/** A mark that nobody makes without the secret. */
export const markOf = (secret: string, text: string): string =>
  createHmac("sha256", secret).update(text).digest("base64url")

export const isMarkOf = (secret: string, text: string, mark: string): boolean => {
  const [right, given] = [Buffer.from(markOf(secret, text)), Buffer.from(mark)]
  return right.length === given.length && timingSafeEqual(right, given)
}

const cipher = "aes-256-gcm"
const nonceLength = 12
const tagLength = 16

/** Closes a text so that only who knows the secret and `of` can read it. */
export const seal = (secret: string, of: string, text: string): string => {
  const nonce = randomBytes(nonceLength)
  const closing = createCipheriv(cipher, derive(secret, "seal", of), nonce)
  const closed = Buffer.concat([closing.update(text, "utf8"), closing.final()])
  return Buffer.concat([nonce, closing.getAuthTag(), closed]).toString("base64url")
}

/** Opens what {@link seal} closed; `undefined`: it was not closed like that. */
export const unseal = (secret: string, of: string, sealed: string): string | undefined => {
  const bytes = Buffer.from(sealed, "base64url")
  if (bytes.length < nonceLength + tagLength) return undefined
  const opening = createDecipheriv(cipher, derive(secret, "seal", of), bytes.subarray(0, nonceLength))
  opening.setAuthTag(bytes.subarray(nonceLength, nonceLength + tagLength))
  try {
    return Buffer.concat([opening.update(bytes.subarray(nonceLength + tagLength)), opening.final()]).toString(
      "utf8"
    )
  } catch {
    return undefined
  }
}
