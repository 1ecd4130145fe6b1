/** Makes something when it is first asked for, and gives the same from then on. */
export const once = <A>(make: () => A): (() => A) => {
  let made: { readonly value: A } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** Longer texts are not kept: nobody means them as a name. */
const longestKept = 256

/** A function of a text that keeps what it gave for the last texts, at most so many. It must give the same for the same text. */
export const remembering = <A>(most: number, of: (text: string) => A): ((text: string) => A) => {
  const known = new Map<string, { readonly value: A }>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found.value
    const made = { value: of(text) }
    if (text.length > longestKept) return made.value
    if (known.size >= most) known.clear()
    known.set(text, made)
    return made.value
  }
}
