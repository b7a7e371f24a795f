/** Null value: the var was deleted. */
export type VarChange = readonly [key: string, value: Uint8Array | null];
