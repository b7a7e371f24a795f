/** Missing imports explain themselves: what they belong to, a similar name, and where else that name exists. */
import type { ErrorCode, PluginError, PluginOptions } from 'tenon';
import { contains, equal, failsWith } from '../assert.js';
import { openFixture, openLinked } from '../fixtures.js';
import { spec } from '../harness.js';

/** The sentence about each missing import, by its name. */
const sentences = ({ issues }: PluginError): Record<string, string> =>
  Object.fromEntries(issues.map(({ import: place, message }) => [place?.name ?? '', message]));

const targets: readonly (readonly [fixture: string, code: ErrorCode, says: string])[] = [
  ['missing_extism_env', 'pre-1-0', 'It is from Extism before 1.0'],
  ['missing_pre_1_0', 'pre-1-0', 'It is from Extism before 1.0'],
  ['missing_wasmedge_sockets', 'missing-import', 'It is a socket function that WasmEdge adds to WASI preview 1'],
];

for (const [fixture, code, says] of targets) {
  spec(`field: a missing import of another runtime names that runtime (${fixture})`, async (context) => {
    const error = await failsWith(openFixture(context, fixture), code);
    contains(error.message, says, 'message');
    for (const { message } of error.issues) contains(message, says, 'issue');
  });
}

/** Names alone count here: functions that are offered but not imported need no way of waiting. */
const functions: PluginOptions['functions'] = { 'extism:host/user': { kv_read: () => 0n } };

spec('field: a missing import with a similar name gets that name as a suggestion', async (context) => {
  const error = await failsWith(openLinked(context, ['missing_similar', 'link_dep'], { functions }), 'missing-import');
  equal(
    sentences(error),
    {
      config_gett: 'Did you mean "config_get", which "extism:host/env" has?',
      fd_writ: 'Did you mean "fd_write", which "wasi_snapshot_preview1" has?',
      'kv-read': 'Did you mean "kv_read", which "extism:host/user" has?',
      forty_tow: 'Did you mean "forty_two", which "dep" has?',
    },
    'sentences',
  );
});

spec('field: a missing import that exists in another namespace or module says where', async (context) => {
  const opening = openLinked(context, ['missing_elsewhere', 'link_dep'], { functions });
  equal(
    sentences(await failsWith(opening, 'missing-import')),
    {
      kv_read:
        'The app offers "kv_read" in "extism:host/user": offer it in "env" of `functions`, or import it from "extism:host/user".',
      config_get:
        '"extism:host/env" has a function "config_get": rebuild the plug-in so that it imports it from there.',
      forty_two:
        'Module "dep" exports a function "forty_two": name that module "lib" in the manifest, or import it from "dep".',
      counter:
        'Module "dep" exports a global "counter": name that module "env" in the manifest, or import it from "dep".',
    },
    'sentences',
  );
});

spec('field: a missing import of a dependency names the modules that lead to it', async (context) => {
  const error = await failsWith(openLinked(context, ['link_main_run', 'missing_host_functions']), 'missing-import');
  equal([error.details['path'], error.details['isLinked']], ['"main"/"dep"', false], 'path');
  const absent = await failsWith(openLinked(context, ['link_main_missing', 'link_dep']), 'missing-import');
  equal([absent.details['path'], absent.details['isLinked']], ['"main"', true], 'an export that a module lacks');
});
