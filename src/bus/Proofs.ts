/**
 * Who wrote what. Each session has a key, which only its server knows, and signs what it writes. The public half stands on
 * the bus, with a mark that can't be made without the secret beside the file: a row that was written by hand puts no key
 * there, nor another one in its place. The private half is kept for the conversation's next server, sealed with that secret and the
 * conversation's id, of which the bus holds only a hash.
 */
import { Context, Effect, Layer } from "effect"
import type { BusUnavailable } from "../domain/Errors.ts"
import type { SessionId } from "../domain/Name.ts"
import type { Kind } from "../domain/Session.ts"
import { verifyingShared } from "../platform/SharedSignature.ts"
import {
  derivedSigningKey,
  isMarkOf,
  markOf,
  randomSigningKey,
  readPublicKey,
  readSigningKey,
  type SigningKey,
  seal,
  unseal,
  type Verifies
} from "../platform/Signing.ts"
import { Settings } from "../settings/Settings.ts"
import { bounded, room } from "./engine/Bounds.ts"
import { busPaths } from "./engine/sqlite/BusPaths.ts"
import { readSecret, secretOf } from "./engine/sqlite/Secret.ts"

/** A key, and who speaks with it. That is known here, not read from the roster, which anybody can write to. */
export interface SessionKey extends SigningKey {
  readonly kind: Kind
  /** Under which names: those that the bus granted, and until then the id alone. */
  readonly names: ReadonlyArray<string>
  /** Whether this is a command that runs within a session of Claude Code. */
  readonly inside: boolean
}

/** Who first used a name at the command line: a person, or a command within a session of Claude Code. */
export type FirstUse = "person" | "inside"

/** A public key as it stands on the bus. */
export interface PublishedKey {
  readonly publicKey: string
  readonly mark: string
}

/** What is to be checked: whether `signer` signed `text`. */
export interface Claim {
  readonly signer: string | null
  /** {@link publishedKeyText} of the signer; `null`: none stands on the bus. */
  readonly key: string | null
  readonly text: string
  readonly signature: string | null
}

/** SQL for the key that stands for a session, as a {@link Claim} has it. */
export const publishedKeyText = (session: string) =>
  `(SELECT ${bounded("(public_key || ' ' || mark)", room.key)} FROM session_keys WHERE session_id = ${session})`

/** Stands where a mark would. */
const unmarked = "none"

/**
 * So many keys of others are kept at hand. They are in a map, and in no `Cache`: a key that is not proven yet is looked at again each time,
 * and to find one that is must cost nothing on a message's way.
 */
const mostKeys = 1_000

/** Ends a key that is sealed. For 2.0.0, which reads it as base64, it ends the text. */
const endOfKey = "="

const markedText = (id: string, publicKey: string) => `key of ${id}: ${publicKey}`

export class Proofs extends Context.Service<
  Proofs,
  {
    /** The key of a session that this process speaks for. Throws if it does not. */
    readonly keyOf: (id: SessionId) => SessionKey
    /** The same, as it is to stand on the bus. */
    readonly published: (id: SessionId) => Effect.Effect<PublishedKey, BusUnavailable>
    /** Under which names this process speaks for a session: under its id, if no name was granted. */
    readonly namesOf: (id: SessionId) => ReadonlyArray<string>
    /** Whether a key on the bus was put there by a server. Its form: {@link publishedKeyText}. */
    readonly isGenuine: (id: string, key: string) => Effect.Effect<boolean, BusUnavailable>
    /**
     * Speaks for a session under these names, which the bus has granted or is about to, and no others: with a new key, unless this process
     * has one of it.
     */
    readonly speakUnder: (id: SessionId, names: ReadonlyArray<string>) => Effect.Effect<void>
    /**
     * Speaks for somebody at the command line. The same id has the same key in each process. Which of two it is says who used
     * it first; `standing` is the public key that stands there.
     */
    readonly speakAsPerson: (
      id: SessionId,
      standing: string | undefined,
      inside: boolean
    ) => Effect.Effect<FirstUse, BusUnavailable>
    /** A session's key for the next server of its conversation, and what else that is to know. */
    readonly seal: (
      id: SessionId,
      conversation: string,
      memory: string
    ) => Effect.Effect<string, BusUnavailable>
    /**
     * Speaks for a session with the key that a server of the conversation left, and gives what that left to be known; empty
     * if it left nothing. `undefined`: the session is not that conversation's.
     */
    readonly takeUp: (
      id: SessionId,
      conversation: string,
      sealed: string | null,
      key: string | null
    ) => Effect.Effect<string | undefined, BusUnavailable>
    /** Which claims are true. */
    readonly check: (claims: ReadonlyArray<Claim>) => Effect.Effect<ReadonlyArray<boolean>, BusUnavailable>
  }
>()("cc-dm/bus/Proofs") {
  /** For the file, in which anybody may write a row: keys carry marks. */
  static readonly layer = Layer.effect(
    Proofs,
    Effect.suspend(() => make(true))
  )

  /** For an engine that lets no user write another's key: a key that stands there is its owner's. */
  static readonly layerOfOwners = Layer.effect(
    Proofs,
    Effect.suspend(() => make(false))
  )
}

const make = (marks: boolean) =>
  Effect.gen(function* () {
    const { folder } = yield* Settings
    const paths = busPaths(folder)
    // Read each time it is needed, which is seldom: the folder may be removed, and made anew, while this server runs.
    const secret = secretOf(paths)
    const mine = new Map<SessionId, SessionKey>()
    const genuine = new Map<string, Verifies>()

    const keyOf = (id: SessionId): SessionKey => {
      const key = mine.get(id)
      if (key === undefined) throw new Error(`this process does not speak for ${id}`)
      return key
    }

    const namesOf = (id: SessionId) => mine.get(id)?.names ?? [id]

    const speakUnder = Effect.fnUntraced(function* (id: SessionId, names: ReadonlyArray<string>) {
      if (!mine.has(id)) {
        const key = yield* Effect.promise(randomSigningKey)
        // Another fiber may have been faster.
        if (!mine.has(id)) mine.set(id, { ...key, kind: "session", names, inside: false })
      }
      mine.set(id, { ...keyOf(id), names })
    })

    const published = Effect.fnUntraced(function* (id: SessionId) {
      const { publicKey } = keyOf(id)
      return { publicKey, mark: marks ? markOf(yield* secret, markedText(id, publicKey)) : unmarked }
    })

    const speakAsPerson = Effect.fnUntraced(function* (
      id: SessionId,
      standing: string | undefined,
      inside: boolean
    ) {
      const found = yield* secret
      const derived = (of: string) => Effect.promise(() => derivedSigningKey(found, of))
      const ofInside = yield* derived(`${id} within a session`)
      const isInside = standing === undefined ? inside : standing === ofInside.publicKey
      const key = isInside ? ofInside : yield* derived(id)
      mine.set(id, { ...key, kind: "command line", names: namesOf(id), inside })
      return isInside ? ("inside" as const) : ("person" as const)
    })

    const sealed = Effect.fnUntraced(function* (id: SessionId, conversation: string, memory: string) {
      const found = yield* secret
      const text = `${id} ${keyOf(id).seed}${endOfKey}${memory}`
      return yield* Effect.promise(() => seal(found, conversation, text))
    })

    const unsealed = Effect.fnUntraced(function* (conversation: string, text: string) {
      const found = yield* secret
      return yield* Effect.promise(() => unseal(found, conversation, text))
    })

    const learn = Effect.fnUntraced(function* (id: string, key: string) {
      const [publicKey = "", mark = ""] = key.split(" ")
      const found = marks ? yield* readSecret(paths) : undefined
      if (marks && (found === undefined || !isMarkOf(found, markedText(id, publicKey), mark))) return
      const verifies = readPublicKey(publicKey)
      if (genuine.size >= mostKeys) genuine.clear()
      if (verifies !== undefined) genuine.set(`${id} ${key}`, verifyingShared(verifies))
    })

    const isGenuine = Effect.fnUntraced(function* (id: string, key: string) {
      genuine.delete(`${id} ${key}`)
      yield* learn(id, key)
      return genuine.has(`${id} ${key}`)
    })

    const takeUp = Effect.fnUntraced(function* (
      id: SessionId,
      conversation: string,
      left: string | null,
      key: string | null
    ) {
      // A server that has no key of a session to show is another one, whatever else the rows say.
      const opened = left === null ? undefined : yield* unsealed(conversation, left)
      if (opened === undefined || !opened.startsWith(`${id} `)) return undefined
      const [seed = "", ...memory] = opened.slice(id.length + 1).split(endOfKey)
      const standing = key !== null && (yield* isGenuine(id, key)) ? key.split(" ")[0] : undefined
      const found = yield* Effect.promise(() => readSigningKey(seed))
      if (found === undefined || (standing ?? found.publicKey) !== found.publicKey) return undefined
      mine.set(id, { ...found, kind: "session", names: [id], inside: false })
      return memory.join(endOfKey)
    })

    const check = Effect.fnUntraced(function* (claims: ReadonlyArray<Claim>) {
      for (const { key, signature, signer } of claims)
        if (signer !== null && key !== null && signature !== null && !genuine.has(`${signer} ${key}`))
          yield* learn(signer, key)
      return claims.map(
        ({ key, signature, signer, text }) =>
          signature !== null && (genuine.get(`${signer} ${key}`)?.(text, signature) ?? false)
      )
    })

    return Proofs.of({
      keyOf,
      namesOf,
      published,
      isGenuine,
      speakUnder,
      speakAsPerson,
      seal: sealed,
      takeUp,
      check
    })
  })
