import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createPlugin } from '@extism/extism';
import { expect, test } from 'vitest';
import { compileJavaScript } from './node.js';

/** Plug-ins as the documentation of the Extism JS PDK writes them. */
const folder = fileURLToPath(new URL('../../e2e/fixtures/js-pdk/', import.meta.url));
const compiler = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));

/** Returns what the TypeScript compiler reports under the types of `@extism/js-pdk`. */
async function typeFaults(project: string): Promise<string> {
  const args = [compiler, '--pretty', 'false', '-p', join(folder, project)];
  return promisify(execFile)(process.execPath, args).then(
    ({ stdout }) => stdout,
    ({ stdout }: { readonly stdout: string }) => stdout,
  );
}

async function compiled(name: string): Promise<Uint8Array> {
  const names = await readdir(join(folder, name));
  const files = names.map(async (file) => [file, await readFile(join(folder, name, file), 'utf8')] as const);
  return (await compileJavaScript(Object.fromEntries(await Promise.all(files)))).bytes;
}

test('plug-ins written for the JS PDK have no faults under its types', async () => {
  expect(await typeFaults('tsconfig.json')).toBe('');
  const faults = await typeFaults('tsconfig.faults.json');
  expect(faults).toContain("Property 'outputText' does not exist on type 'Host'");
  expect(faults).toContain("Argument of type 'number' is not assignable to parameter of type 'string'");
}, 60_000);

test.each([
  ['vowels', 'count_vowels', 'Hello', '{"count":2,"total":2,"vowels":"aeiou"}'],
  ['errors', 'catches', '', 'caught: Error: a message for the host'],
  ['host-functions', 'greet', '', '["HELLO",{"HELLO":"WORLD"},2.5]'],
  ['everything', 'host', 'hé', '["hé",[104,195,169],"aMOp",[104,195,169]]'],
  ['everything', 'config', '', '[null,null]'],
  ['everything', 'vars', '', '["héllo",[1,2],null,null]'],
  ['everything', 'blocks', '', '[6,"héllo","héllo",[104],[3,4],{"a":[1]},4000000000,"9223372036854775808",1.5,0.1]'],
  [
    'everything',
    'platform',
    '',
    '["https://example.com/a/b?x=1&z=%C3%A4#y","one=1","ö",false,"1970-01-01T00:00:00.000Z"]',
  ],
])('the plug-in %s runs %s in the Extism JS SDK', async (name, entry, input, output) => {
  const plugin = await createPlugin(
    { wasm: [{ data: await compiled(name) }] },
    {
      useWasi: true,
      config: { vowels: 'aeiou' },
      functions: {
        'extism:host/user': {
          upper: (context, block: bigint) => context.store(context.read(block)?.text().toUpperCase() ?? ''),
          add: (_context, one: number, other: number) => one + other,
        },
      },
    },
  );
  try {
    expect((await plugin.call(entry, input))?.text()).toBe(output);
  } finally {
    await plugin.close();
  }
});
