/** "Did you mean": the nearest of the names that there are. */
import { distance } from "fastest-levenshtein"
import { lookAlike } from "../domain/Skeleton.ts"
import { spelledOut } from "../domain/Text.ts"

/** The name nearest to a word: one that looks like it, else one with few wrong letters: at most a third of them, or two in a short word. */
export const nearest = (word: string, candidates: ReadonlyArray<string>): string | undefined => {
  const room = Math.max(2, Math.floor(word.length / 3))
  const alike = candidates.find((candidate) => lookAlike(word, candidate))
  if (alike !== undefined) return alike
  return candidates
    .map((candidate) => ({ candidate, away: distance(word, candidate) }))
    .filter(({ away, candidate }) => away <= room && away < candidate.length)
    .sort((one, other) => one.away - other.away)[0]?.candidate
}

/** A question for the end of a sentence, or nothing. */
export const didYouMean = (word: string, candidates: ReadonlyArray<string>): string => {
  const found = nearest(word, candidates)
  return found === undefined ? "" : `; did you mean ${spelledOut(found)}?`
}
