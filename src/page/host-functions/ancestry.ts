/** The key, hidden from apps, under which call options hold the plug-ins that wait for the call, outermost first. */
const ancestry: unique symbol = Symbol('ancestry');

interface Descendant {
  readonly [ancestry]?: readonly object[];
}

/** Returns call options that also name the plug-ins waiting for the call. */
export function withAncestors<Options extends object>(options: Options, ancestors: readonly object[]): Options {
  return { ...options, [ancestry]: ancestors };
}

/** Returns the plug-ins that wait for the call, outermost first. */
export function ancestorsOf(options: object): readonly object[] {
  return (options as Descendant)[ancestry] ?? [];
}
