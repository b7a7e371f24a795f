import { describeMissingImport, type ImportOrigin } from '../../wasm/inspect.js';
import { type ErrorCode, PluginError } from '../../contract/errors.js';

/** What a plug-in was built for says more than a missing name: the first of these that is among them gives the code. */
const tellingOrigins: readonly (readonly [ImportOrigin, ErrorCode])[] = [
  ['pre-1-0', 'pre-1-0'],
  ['wasi-other', 'wasi-version'],
];

const namedInMessage = 8;

/** A `missing-import` error of the worker, with what each import seems to be and what to do about it. */
export function explainMissingImports(error: PluginError): PluginError {
  const missing = error.issues.flatMap(({ import: place }) =>
    place === undefined ? [] : [describeMissingImport(place)],
  );
  const [first] = missing;
  if (first === undefined) return error;
  const telling = tellingOrigins.find(([origin]) => missing.some(({ seems }) => seems === origin));
  const lead = missing.find(({ seems }) => seems === telling?.[0]) ?? first;
  const names = missing.slice(0, namedInMessage).map(({ module, name }) => `"${module}" "${name}"`);
  const more = missing.length > namedInMessage ? ` and ${missing.length - namedInMessage} more` : '';
  return new PluginError(telling?.[1] ?? 'missing-import', {
    message: `The plug-in imports what nothing provides: ${names.join(', ')}${more}. ${lead.sentence}`,
    where: `module "${lead.from}"`,
    fix: lead.sentence,
    issues: missing.map(({ sentence, ...place }, index) => ({
      path: error.issues[index]?.path ?? '',
      message: sentence,
      import: { from: place.from, module: place.module, name: place.name, kind: place.kind },
    })),
  });
}
