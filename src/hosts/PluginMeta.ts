/** The key in a call's `_meta` under which the extension names the model's use of a tool. */
export const useKey = "cc-dm/toolUse"
