import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isTest, readSources, type SourceFile } from '../../e2e/setup/source-files.js';
import { type ErrorCode, errorTable, isErrorCode, PluginError, traitsOf } from './errors.js';

const codes = Object.keys(errorTable) as ErrorCode[];
const table = 'src/contract/errors.ts';
const sources = readSources('src').filter(({ path }) => !isTest.test(path) && path !== table);

interface Literal {
  readonly value: string;
  readonly start: number;
}

function literals(value: unknown): Literal[] {
  if (Array.isArray(value)) return value.flatMap(literals);
  if (typeof value !== 'object' || value === null) return [];
  const { type, value: text, start } = value as Record<string, unknown>;
  return type === 'Literal' && typeof text === 'string' ? [{ value: text, start: Number(start) }] : [];
}

/** The strings in a file that are not compared with a code: what is left can only be meant for a new error. */
function codesUsed({ nodes }: SourceFile): string[] {
  const compared = nodes.flatMap(({ type, fields }) => {
    const callee = fields['callee'] as { readonly name?: string } | undefined;
    if (type === 'CallExpression' && callee?.name === 'isPluginError') return literals(fields['arguments']);
    if (type === 'BinaryExpression') return literals([fields['left'], fields['right']]);
    return type === 'SwitchCase' ? literals(fields['test']) : [];
  });
  const places = new Set(compared.map(({ start }) => start));
  return nodes
    .flatMap(({ fields }) => literals(fields))
    .flatMap(({ value, start }) => (places.has(start) ? [] : value));
}

describe('the table of errors', () => {
  test('has no code that nothing throws', () => {
    const used = new Set(sources.flatMap(codesUsed));
    expect(codes.filter((code) => !used.has(code))).toEqual([]);
  });

  test('describes each code in one line, for documentation', () => {
    const rows = readFileSync(table, 'utf8').matchAll(
      /^  \/\*\* ([^\n]+[.:`]) \*\/\n  '?([a-z0-9-]+)'?: '[a-z-]+',$/gmu,
    );
    expect(Array.from(rows, ([, , code]) => code)).toEqual(codes);
  });

  test('has the codes whose traits the scheduler depends on', () => {
    const withTrait = (trait: 'isDeliberate' | 'endsWorker'): ErrorCode[] =>
      codes.filter((code) => traitsOf({ code })[trait]);
    expect(withTrait('isDeliberate')).toEqual(['closed', 'aborted', 'consent-denied']);
    expect(withTrait('endsWorker')).toEqual(['protocol']);
    expect(traitsOf({ code: 'resources-exhausted' }).countsAsCrash).toBe(false);
    for (const code of ['timeout', 'guest-trap', 'worker-died', 'fuel-exhausted'] as const)
      expect(traitsOf({ code }).countsAsCrash, code).toBe(true);
  });

  test.each(codes)('has consistent traits for %s', (code) => {
    const { fault, countsAsCrash, isDeliberate, endsWorker, isTenonFailure } = traitsOf({ code });
    if (isDeliberate) expect([fault, countsAsCrash, endsWorker], 'nobody is to blame').toEqual(['app', false, false]);
    if (endsWorker) expect(countsAsCrash, 'a terminated worker is a crash').toBe(true);
    if (fault === 'plugin') expect(countsAsCrash, 'repeating it is no use').toBe(true);
    if (fault === 'tenon') expect(isTenonFailure, 'the library does not pass over it').toBe(true);
    if (isTenonFailure) expect(countsAsCrash, 'no plug-in is to blame').toBe(false);
  });

  test('knows its codes, and nothing that is only inherited', () => {
    expect(codes.every(isErrorCode)).toBe(true);
    for (const other of ['hibernated', 'toString', '__proto__', '', 7, null]) expect(isErrorCode(other)).toBe(false);
    expect(traitsOf(new PluginError('timeout', { message: 'late' })).fault).toBe('plugin');
  });
});

describe('no code is a list of its own', () => {
  test('in a set of codes, which would be a trait', () => {
    const lists = sources.flatMap(({ path, nodes }) =>
      nodes.flatMap(({ type, fields, line }) => {
        if (type !== 'NewExpression' || (fields['callee'] as { readonly name?: string }).name !== 'Set') return [];
        const elements = (fields['arguments'] as readonly { readonly elements?: unknown }[]).flatMap(({ elements }) =>
          literals(elements),
        );
        return elements.filter(({ value }) => isErrorCode(value) && value.includes('-')).length > 1
          ? [`${path}:${line}`]
          : [];
      }),
    );
    expect(lists).toEqual([]);
  });

  test('compared by the text of a message', () => {
    const texts = sources.flatMap(({ path, nodes }) =>
      nodes.flatMap(({ type, fields, line }) => {
        if (type !== 'BinaryExpression' || !/^[!=]==$/u.test(String(fields['operator']))) return [];
        const sides = [fields['left'], fields['right']] as const;
        const named = sides.some((side) => {
          const { property } = side as { readonly property?: { readonly name?: string } };
          return /^(?:message|actual|expected|fix)$/u.test(property?.name ?? '');
        });
        return named && literals(sides).length > 0 ? [`${path}:${line}`] : [];
      }),
    );
    expect(texts).toEqual([]);
  });
});
