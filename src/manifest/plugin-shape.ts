import {
  maxAuthorChars,
  maxDescriptionChars,
  maxEngines,
  maxIdChars,
  maxLinkChars,
  maxNameChars,
  maxPathChars,
  maxPermissions,
  maxReasonChars,
  maxUrlChars,
  maxVersionChars,
  maxWordChars,
} from './caps.js';
import { maxPatternLength, parseHostPattern } from './host-pattern.js';
import { jsonRecord } from './json-value.js';
import { quote } from './issues.js';
import { nonEmpty } from './module-shape.js';
import type { ParsedMetadata, ParsedPermission } from './parsed.js';
import { list, map, record, refine, shortText } from './shape.js';
import type { Shape } from './shape.js';

export const hostPattern: Shape<string> = refine(shortText(maxPatternLength, 'a host pattern'), (written, place) => {
  const pattern = parseHostPattern(written);
  return typeof pattern === 'string' ? place.fault(`${quote(written)}: ${pattern}`) : pattern.text;
});

const permission: Shape<ParsedPermission> = record(
  {
    host: hostPattern,
    path: nonEmpty(maxPathChars),
    capability: nonEmpty(maxWordChars),
    reason: shortText(maxReasonChars),
  },
  ({ parts, given }, place) => {
    const kinds = (['host', 'path', 'capability'] as const).filter((kind) => given.has(kind));
    const [kind] = kinds;
    if (kind === undefined || kinds.length > 1) return place.fault('give one of host, path and capability');
    const value = parts[kind];
    return value === undefined ? undefined : Object.freeze({ kind, value, reason: parts.reason ?? null });
  },
);

/** A link shown to the end user: no `javascript:`. */
const webUrl = shortText(
  maxLinkChars,
  'a URL that starts with https:// or http://',
  (value) => /^https?:\/\//.test(value),
  { pattern: '^https?://' },
);

export const plugin: Shape<ParsedMetadata> = record(
  {
    id: nonEmpty(maxIdChars),
    name: shortText(maxNameChars),
    version: shortText(maxVersionChars),
    description: shortText(maxDescriptionChars),
    author: shortText(maxAuthorChars),
    homepage: webUrl,
    updateUrl: webUrl,
    icon: shortText(maxUrlChars),
    permissions: list(permission, 0, maxPermissions),
    settings: jsonRecord,
    engines: map(shortText(maxWordChars), undefined, maxEngines),
  },
  ({ parts }) =>
    Object.freeze({
      id: parts.id ?? null,
      name: parts.name ?? null,
      version: parts.version ?? null,
      description: parts.description ?? null,
      author: parts.author ?? null,
      homepage: parts.homepage ?? null,
      updateUrl: parts.updateUrl ?? null,
      icon: parts.icon ?? null,
      permissions: parts.permissions ?? [],
      settings: parts.settings ?? null,
      engines: parts.engines ?? new Map(),
    }),
);
