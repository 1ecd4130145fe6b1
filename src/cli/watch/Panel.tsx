/** What all parts of the live view are made of: a box with a title, and the part of a list that fits into it. */
import { Box, Text } from "ink"
import { oneLine } from "../Columns.ts"

/** The terminal's. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

/** The part of a list that fits, with the chosen one in it; at its end as long as that shows it. */
export const windowOf = <A,>(items: ReadonlyArray<A>, at: number, height: number) => {
  const start = Math.max(0, Math.min(items.length - height, Math.max(0, at)))
  return { start, part: items.slice(start, start + height) }
}

export const Panel = (props: {
  readonly title: string
  readonly focused: boolean
  readonly width: number
  readonly height: number
  readonly colour?: string
  readonly children: React.ReactNode
}) => (
  <Box
    borderStyle="round"
    borderColor={props.colour ?? (props.focused ? "cyan" : "gray")}
    flexDirection="column"
    width={props.width}
    height={props.height}
    paddingX={1}
    overflow="hidden"
  >
    <Text bold color={props.colour ?? (props.focused ? "cyan" : "white")}>
      {oneLine(props.title, props.width - 4)}
    </Text>
    {props.children}
  </Box>
)
