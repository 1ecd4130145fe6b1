/** Signatures (Ed25519), and what is made of secrets: the only place that knows how. Keys are texts, in base64url. */
import type { KeyObject } from "node:crypto"
import { once } from "../domain/Once.ts"
import { crypto as nodeCrypto } from "./Late.ts"
import { randomBytes } from "./System.ts"

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

const privateKeyOf = (seed: Buffer): KeyObject =>
  nodeCrypto().createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: "der", type: "pkcs8" })

const signingKeyOf = (seed: Buffer, publicKey: string, key: () => KeyObject): SigningKey => ({
  seed: seed.toString("base64url"),
  publicKey,
  sign: (text) => nodeCrypto().sign(null, Buffer.from(text), key()).toString("base64url")
})

const signingKeyFrom = (seed: Buffer): SigningKey => {
  const key = privateKeyOf(seed)
  const publicKey = nodeCrypto().createPublicKey(key).export({ format: "der", type: "spki" })
  return signingKeyOf(seed, publicKey.subarray(publicPrefix.length).toString("base64url"), () => key)
}

/** A new key. It is made without node:crypto, which is loaded when something is signed: a session that starts is to be there soon. */
export const randomSigningKey = async (): Promise<SigningKey> => {
  const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair
  // RFC 8037: `d` is the seed, `x` the public key, both as they are kept here.
  const { d: seed, x: publicKey } = await crypto.subtle.exportKey("jwk", pair.privateKey)
  const bytes = Buffer.from(seed!, "base64url")
  return signingKeyOf(
    bytes,
    publicKey!,
    once(() => privateKeyOf(bytes))
  )
}

/** The key that a seed makes; `undefined`: it is none. */
export const readSigningKey = (seed: string): SigningKey | undefined => {
  const bytes = Buffer.from(seed, "base64url")
  return bytes.length === keyLength ? signingKeyFrom(bytes) : undefined
}

/** Reads a public key; `undefined`: it is none. */
export const readPublicKey = (text: string): Verifies | undefined => {
  const bytes = Buffer.from(text, "base64url")
  if (bytes.length !== keyLength) return undefined
  const { createPublicKey, verify } = nodeCrypto()
  const key = createPublicKey({ key: Buffer.concat([publicPrefix, bytes]), format: "der", type: "spki" })
  return (signed, signature) => verify(null, Buffer.from(signed), key, Buffer.from(signature, "base64url"))
}

const derive = (secret: string, purpose: string, of: string): Buffer =>
  Buffer.from(nodeCrypto().hkdfSync("sha256", of, secret, `cc-dm ${purpose}`, keyLength))

/** The signing key that a secret gives to `of`: always the same one. */
export const derivedSigningKey = (secret: string, of: string): SigningKey =>
  signingKeyFrom(derive(secret, "signing key", of))

/** A mark that nobody makes without the secret. */
export const markOf = (secret: string, text: string): string =>
  new Bun.CryptoHasher("sha256", secret).update(text).digest("base64url")

export const isMarkOf = (secret: string, text: string, mark: string): boolean => {
  const [right, given] = [Buffer.from(markOf(secret, text)), Buffer.from(mark)]
  return right.length === given.length && nodeCrypto().timingSafeEqual(right, given)
}

const cipher = "aes-256-gcm"
const nonceLength = 12
const tagLength = 16

/** Closes a text so that only who knows the secret and `of` can read it. */
export const seal = (secret: string, of: string, text: string): string => {
  const nonce = randomBytes(nonceLength)
  const closing = nodeCrypto().createCipheriv(cipher, derive(secret, "seal", of), nonce)
  const closed = Buffer.concat([closing.update(text, "utf8"), closing.final()])
  return Buffer.concat([nonce, closing.getAuthTag(), closed]).toString("base64url")
}

/** Opens what {@link seal} closed; `undefined`: it was not closed like that. */
export const unseal = (secret: string, of: string, sealed: string): string | undefined => {
  const bytes = Buffer.from(sealed, "base64url")
  if (bytes.length < nonceLength + tagLength) return undefined
  const opening = nodeCrypto().createDecipheriv(
    cipher,
    derive(secret, "seal", of),
    bytes.subarray(0, nonceLength)
  )
  opening.setAuthTag(bytes.subarray(nonceLength, nonceLength + tagLength))
  try {
    return Buffer.concat([opening.update(bytes.subarray(nonceLength + tagLength)), opening.final()]).toString(
      "utf8"
    )
  } catch {
    return undefined
  }
}
