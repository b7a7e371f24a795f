/** The key of the plug-ins in call options that wait for the call, outermost first. A symbol, so that apps cannot set it. */
const ancestry: unique symbol = Symbol('ancestry');

interface Descendant {
  readonly [ancestry]?: readonly object[];
}

/** Returns the call options with the plug-ins that wait for the call added. */
export function withAncestors<Options extends object>(options: Options, ancestors: readonly object[]): Options {
  return { ...options, [ancestry]: ancestors };
}

/** Returns the plug-ins that wait for the call, outermost first. */
export function ancestorsOf(options: object): readonly object[] {
  return (options as Descendant)[ancestry] ?? [];
}
