/**
 * Modules of the runtime that take long to load, each loaded when it is first needed. Of a start, node:crypto takes 10 ms with the streams that
 * it brings, node:os 6, and node:net 4.
 */
export const crypto = () => process.getBuiltinModule("node:crypto")
export const net = () => process.getBuiltinModule("node:net")
export const os = () => process.getBuiltinModule("node:os")
