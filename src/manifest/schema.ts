import { manifestShape } from './manifest-shape.js';
import { snakeCase } from './shape.js';
import type { Fields, Shape } from './shape.js';

/** A JSON Schema, as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Descriptions of the fields, by path. `[]` stands for any item. */
const descriptions: Readonly<Record<string, string>> = {
  wasm: 'The modules, linked together. The one named main, else the last, is the one whose functions are called.',
  'wasm[].url': "Where the module is: absolute, or relative to the manifest's own URL, else to the page.",
  'wasm[].method': 'HTTP method of the request for the module. Default: GET.',
  'wasm[].headers': 'Headers of the request for the module.',
  'wasm[].data': "The module's bytes, in base64.",
  'wasm[].path': 'A file on disk: works only in Node hosts. Use url or data.',
  'wasm[].name': 'The name other modules import it by. A single module is always main.',
  'wasm[].hash': "Sha256 of exactly the module's bytes: 64 hex digits, or sha256-<base64>.",
  'wasm[].type':
    'javascript: source in JavaScript or TypeScript, which is compiled. Default: by the extension of url, else WebAssembly.',
  memory: 'Limits on memory.',
  'memory.maxPages':
    'Pages of 64 KiB that the memories of all modules may have together, and also the memory for calls. Default: no limit.',
  'memory.maxHttpResponseBytes': 'Bytes one HTTP response may have. Default: 52428800 (50 MiB).',
  'memory.maxVarBytes': 'Sum over vars of key, value and 48 bytes; 0 disables vars. Default: 1048576 (1 MiB).',
  config: 'Text by key, which the plug-in reads with config_get.',
  allowedHosts: 'Hosts the plug-in may reach over HTTP: [scheme://]host[:port], with * for any text. Default: none.',
  allowedPaths: 'Host path to guest path; ro: before the host path makes it read only. Default: none.',
  timeoutMs: 'Milliseconds one call may take. Default: no limit.',
  plugin: 'Metadata for people, an extension of Tenon that is not sent to other hosts.',
  'plugin.id': 'Identifies the plug-in across versions.',
  'plugin.name': 'The name shown to people.',
  'plugin.version': 'The version of this release.',
  'plugin.description': 'One or two sentences on what it does.',
  'plugin.author': 'The author.',
  'plugin.homepage': 'A web page about it.',
  'plugin.updateUrl': 'Where the library looks for newer versions: JSON with version, url and sha256.',
  'plugin.icon': 'URL of a picture.',
  'plugin.permissions': 'The rights it asks for.',
  'plugin.permissions[].host': 'A host it wants to reach, as in allowed_hosts.',
  'plugin.permissions[].path': 'A path it wants to use.',
  'plugin.permissions[].capability': 'Another right, by name.',
  'plugin.permissions[].reason': 'The reason, shown to the user who decides.',
  'plugin.settings': 'JSON Schema of the settings that become its config.',
  'plugin.engines': 'Versions of hosts it works with, by host name.',
};

/** Rules between fields, by the path of their object. */
const rules: Readonly<Record<string, JsonSchema>> = {
  '': { required: ['wasm'] },
  'wasm[]': {
    oneOf: [given('url'), given('data')],
    dependentSchemas: { method: given('url'), headers: given('url') },
  },
  'plugin.permissions[]': { oneOf: [given('host'), given('path'), given('capability')] },
};

/**
 * Builds the JSON Schema of a manifest (draft 2020-12), with both spellings. It accepts all JSON that `parseManifest` accepts.
 * It also accepts invalid base64, invalid host patterns, empty paths and duplicate module names.
 */
export function buildManifestSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Tenon plug-in manifest',
    description: 'An Extism manifest: which modules make up a plug-in, and what it may do.',
    ...schemaOf(manifestShape, ''),
  };
}

/** Returns the paths of all described fields. */
export function describedPlaces(): readonly string[] {
  return Object.keys(descriptions);
}

function schemaOf({ form }: Shape<unknown>, place: string): JsonSchema {
  if ('leaf' in form) return form.leaf;
  if ('items' in form) {
    return { type: 'array', items: schemaOf(form.items, `${place}[]`), minItems: form.min, maxItems: form.max };
  }
  if ('values' in form)
    return {
      type: 'object',
      additionalProperties: schemaOf(form.values, `${place}{}`),
      ...(form.max === Infinity ? {} : { maxProperties: form.max }),
    };
  return recordSchema(form.fields, place);
}

function recordSchema(fields: Fields, place: string): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const twice: JsonSchema[] = [];
  for (const [field, shape] of Object.entries(fields)) {
    const snake = snakeCase(field);
    properties[snake] = fieldSchema(shape, place === '' ? field : `${place}.${field}`);
    if (snake === field) continue;
    properties[field] = { $ref: `#${pointer(place)}/properties/${snake}` };
    twice.push({ not: { type: 'object', required: [field, snake] } });
  }
  return {
    type: 'object',
    properties,
    patternProperties: { '^x-': true },
    additionalProperties: false,
    ...(twice.length === 0 ? {} : { allOf: twice }),
    ...rules[place],
  };
}

/** Allows null for every field that is not required. */
function fieldSchema(shape: Shape<unknown>, place: string): JsonSchema {
  const description = descriptions[place];
  if (place === 'wasm[].path') return { description, type: 'null' };
  const schema = schemaOf(shape, place);
  return { description, ...schema, ...(place === 'wasm' ? {} : { type: [schema.type, 'null'] }) };
}

/** Returns the JSON Pointer of the schema at a path. */
function pointer(place: string): string {
  return place === ''
    ? ''
    : place
        .split('.')
        .map((name) => `/properties/${name.replace('[]', '/items')}`)
        .join('');
}

function given(field: string): JsonSchema {
  return { required: [field], properties: { [field]: { not: { type: 'null' } } } };
}
