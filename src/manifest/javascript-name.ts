/** Whether the path of a URL, or the name of a file, has an extension of JavaScript or TypeScript. */
export function isJavaScriptName(name: string): boolean {
  const [path = ''] = name.split(/[?#]/, 1);
  return /[^/]\.[cm]?[jt]s$/iu.test(path);
}
