/** The plug-ins that wait for a call, outermost first: kept beside the call's options, where no app sees it. */
const ancestry: unique symbol = Symbol('ancestry');

interface Descendant {
  readonly [ancestry]?: readonly object[];
}

export function withAncestors<Options extends object>(options: Options, ancestors: readonly object[]): Options {
  return { ...options, [ancestry]: ancestors };
}

export function ancestorsOf(options: object): readonly object[] {
  return (options as Descendant)[ancestry] ?? [];
}
