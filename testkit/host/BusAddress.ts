/** Where the bus of a home folder is, if it is not the file in it: what is started there is told by its environment. */
const addresses = new Map<string, string>()

export const busAddressOf = (home: string): string | undefined => addresses.get(home)

/** Says it for as long as the caller wants; the result takes it back. */
export const putBusAddress = (home: string, address: string): (() => void) => {
  addresses.set(home, address)
  return () => void addresses.delete(home)
}

/** The variables that whatever is started in a home has to have. */
export const busVariables = (home: string): Readonly<Record<string, string>> => {
  const address = addresses.get(home)
  return address === undefined ? {} : { CC_DM_BUS_URL: address }
}
