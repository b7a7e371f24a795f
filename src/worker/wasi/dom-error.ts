/** Returns whether a browser API threw a `DOMException` of that name. The worker of a plug-in has no global of that class. */
export function isNamed(thrown: unknown, name: string): boolean {
  return typeof thrown === 'object' && thrown !== null && 'name' in thrown && thrown.name === name;
}
