import * as tenon from 'tenon';
import 'tenon/elements';
import * as tenonLibrary from 'tenon/library';
import readme from '../../README.md?raw';
import { check, equal } from './assert.js';
import { spec } from './harness.js';

const importLine = /^import (?<names>\{[^}]+\}) from 'tenon';$/gmu;
const libraryLine = /^import (?<names>\{[^}]+\}) from 'tenon\/library';$/gmu;
/** Elements are there already. */
const elementsLine = /^import 'tenon\/elements';.*$/gmu;

interface Snippet {
  readonly heading: string;
  readonly code: string;
}

function snippets(): Snippet[] {
  let heading = '';
  const found: Snippet[] = [];
  for (const part of readme.matchAll(/^#+ (?<heading>.+)$|^```js\n(?<code>[\s\S]*?)^```$/gmu)) {
    const { heading: next, code } = part.groups ?? {};
    if (next !== undefined) heading = next;
    if (code !== undefined) found.push({ heading, code });
  }
  return found;
}

spec('the README has code to run', () => {
  check(snippets().length >= 8, 'the README lost its examples');
});

for (const { heading, code } of snippets()) {
  spec(`the code in the README under "${heading}" runs as it stands`, async ({ secure, skip, defer }) => {
    if (code.includes("'tenon/library'") && !secure) skip('plug-ins are kept on secure pages only');
    defer(() =>
      document
        .querySelectorAll('body > :is(plugin-upload, plugin-consent, plugin-list)')
        .forEach((one) => one.remove()),
    );
    const said: unknown[] = [];
    const record = (...words: unknown[]): void => void said.push(words);
    const quiet = { trace: record, debug: record, info: record, warn: record, error: record, log: record };
    const body = code
      .replaceAll(importLine, 'const $<names> = tenon;')
      .replaceAll(libraryLine, 'const $<names> = tenonLibrary;')
      .replaceAll(elementsLine, '');
    check(body !== code, 'the example does not import from tenon');
    // The README's own text, in a test: there is no other way to run it as a reader would.
    // oxlint-disable-next-line no-new-func, no-implied-eval
    const run = new Function('tenon', 'tenonLibrary', 'console', `return (async () => {${body}})();`) as (
      library: typeof tenon,
      installed: typeof tenonLibrary,
      console: typeof quiet,
    ) => Promise<void>;
    try {
      await run(tenon, tenonLibrary, quiet);
    } catch (error) {
      if (tenon.isPluginError(error, 'cannot-wait')) skip('nothing lets a plug-in wait on this page');
      throw error;
    }
    equal(code.includes('console.log') && said.length === 0, false, 'says nothing, though it should');
  });
}
