/**
 * Signatures (Ed25519), and what is made of secrets: the only place that knows how. Keys are texts, in base64url. Every session that starts makes or
 * opens a key and seals it, by WebCrypto. Node:crypto signs and checks in half the time, but takes 10 ms to load: so it comes with the first message,
 * or when there is time for it.
 */
import type { KeyObject } from "node:crypto"
import { once } from "../domain/Once.ts"
import { crypto as nodeCrypto } from "./Late.ts"
import { randomBytes } from "./System.ts"

/** Loads what signs and checks, which else the first message does. */
export const loadSigning = (): void => void nodeCrypto()

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

/** A private key of WebCrypto's, as it is kept here. RFC 8037: `d` is the seed, `x` the public key. */
const keptKeyOf = async (key: CryptoKey): Promise<SigningKey> => {
  const { d: seed = "", x: publicKey = "" } = await crypto.subtle.exportKey("jwk", key)
  const bytes = Buffer.from(seed, "base64url")
  return signingKeyOf(
    bytes,
    publicKey,
    once(() => privateKeyOf(bytes))
  )
}

const algorithm = "Ed25519"

const signingKeyFrom = async (seed: Buffer): Promise<SigningKey> => {
  const der = Buffer.concat([privatePrefix, seed])
  return keptKeyOf(await crypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]))
}

/** A new key. */
export const randomSigningKey = async (): Promise<SigningKey> => {
  const pair = (await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair
  return keptKeyOf(pair.privateKey)
}

/** The key that a seed makes; `undefined`: it is none. */
export const readSigningKey = async (seed: string): Promise<SigningKey | undefined> => {
  const bytes = Buffer.from(seed, "base64url")
  return bytes.length === keyLength ? signingKeyFrom(bytes) : undefined
}

/** Reads a public key; `undefined`: it is none. */
export const readPublicKey = (text: string): Verifies | undefined => {
  const bytes = Buffer.from(text, "base64url")
  if (bytes.length !== keyLength) return undefined
  const der = Buffer.concat([publicPrefix, bytes])
  const key = once(() => nodeCrypto().createPublicKey({ key: der, format: "der", type: "spki" }))
  return (signed, signature) =>
    nodeCrypto().verify(null, Buffer.from(signed), key(), Buffer.from(signature, "base64url"))
}

const derive = async (secret: string, purpose: string, of: string): Promise<Buffer<ArrayBuffer>> => {
  const material = await crypto.subtle.importKey("raw", Buffer.from(of), "HKDF", false, ["deriveBits"])
  const derivation = {
    name: "HKDF",
    hash: "SHA-256",
    salt: Buffer.from(secret),
    info: Buffer.from(`cc-dm ${purpose}`)
  }
  return Buffer.from(await crypto.subtle.deriveBits(derivation, material, keyLength * 8))
}

/** The signing key that a secret gives to `of`: always the same one. */
export const derivedSigningKey = async (secret: string, of: string): Promise<SigningKey> =>
  signingKeyFrom(await derive(secret, "signing key", of))

/** A mark that nobody makes without the secret. */
export const markOf = (secret: string, text: string): string =>
  new Bun.CryptoHasher("sha256", secret).update(text).digest("base64url")

/** Marks of the two marks are compared: how long that takes says nothing of the right one. */
export const isMarkOf = (secret: string, text: string, mark: string): boolean =>
  markOf(secret, markOf(secret, text)) === markOf(secret, mark)

const cipher = "AES-GCM"
const nonceLength = 12
const tagLength = 16

const sealingKey = async (secret: string, of: string) =>
  crypto.subtle.importKey("raw", await derive(secret, "seal", of), cipher, false, ["encrypt", "decrypt"])

/** Closes a text so that only who knows the secret and `of` can read it. */
export const seal = async (secret: string, of: string, text: string): Promise<string> => {
  const iv = randomBytes(nonceLength)
  const key = await sealingKey(secret, of)
  const closed = Buffer.from(await crypto.subtle.encrypt({ name: cipher, iv }, key, Buffer.from(text)))
  // WebCrypto puts the tag last; on the bus it stands before the text.
  return Buffer.concat([iv, closed.subarray(-tagLength), closed.subarray(0, -tagLength)]).toString(
    "base64url"
  )
}

/** Opens what {@link seal} closed; `undefined`: it was not closed like that. */
export const unseal = async (secret: string, of: string, sealed: string): Promise<string | undefined> => {
  const bytes = Buffer.from(sealed, "base64url")
  if (bytes.length < nonceLength + tagLength) return undefined
  const iv = bytes.subarray(0, nonceLength)
  const tag = bytes.subarray(nonceLength, nonceLength + tagLength)
  const closed = Buffer.concat([bytes.subarray(nonceLength + tagLength), tag])
  const key = await sealingKey(secret, of)
  try {
    return Buffer.from(await crypto.subtle.decrypt({ name: cipher, iv }, key, closed)).toString("utf8")
  } catch {
    return undefined
  }
}
