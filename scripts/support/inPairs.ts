/** Does something for each, for two at a time: a machine with two cores has no time for more. */
export const inPairs = async <Item>(
  items: ReadonlyArray<Item>,
  run: (item: Item) => Promise<unknown>
): Promise<void> => {
  const left = [...items]
  const work = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await run(item)
  }
  await Promise.all([work(), work()])
}
