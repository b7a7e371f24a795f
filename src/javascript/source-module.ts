import { parse, type Program, type Token, tokTypes } from 'acorn';
import { transform } from 'sucrase';
import { failAt, type SourcePlace } from './faults.js';

/** A file of the plug-in: JavaScript with its types removed, and what it consists of. */
export interface SourceModule {
  readonly name: string;
  /** JavaScript, with the lines of the author. */
  readonly text: string;
  readonly program: Program;
  /** Whether its columns are those of the author. */
  readonly hasColumns: boolean;
  /** Whether it names `Http` or `fetch`: only then the plug-in imports the functions for requests. */
  readonly usesHttp: boolean;
}

/** Parses a file. @throws PluginError `invalid-source` with the place of a syntax error */
export function parseModule(name: string, source: string): SourceModule {
  const isTypeScript = /\.[cm]?ts$/u.test(name);
  const text = isTypeScript ? withoutTypes(name, source) : source;
  let usesHttp = false;
  const onToken = (token: Token): void => {
    if (token.type !== tokTypes.name) return;
    const word = text.slice(token.start, token.end);
    if (word === 'Http' || word === 'fetch') usesHttp = true;
  };
  try {
    const program = parse(text, {
      ecmaVersion: 'latest',
      sourceType: 'module',
      locations: true,
      allowHashBang: true,
      onToken,
    });
    return { name, text, program, hasColumns: !isTypeScript, usesHttp };
  } catch (thrown) {
    return syntaxError(name, thrown, !isTypeScript);
  }
}

/** Removes types with Sucrase, which leaves each statement in its line. */
function withoutTypes(name: string, source: string): string {
  try {
    return transform(source, {
      transforms: ['typescript'],
      disableESTransforms: true,
      preserveDynamicImport: true,
      filePath: name,
    }).code;
  } catch (thrown) {
    return syntaxError(name, thrown, true);
  }
}

/** Both parsers name the place in `loc` and at the end of the message. */
function syntaxError(file: string, thrown: unknown, hasColumns: boolean): never {
  if (thrown instanceof RangeError) failAt(file, 'The source is nested too deeply');
  const { message, loc } = Object(thrown) as { readonly message?: string; readonly loc?: unknown };
  const { line = 1, column = 0 } = Object(loc) as { readonly line?: number; readonly column?: number };
  // Acorn counts columns from 0, Sucrase from 1.
  const isAcorn = Object(thrown).pos !== undefined && Object(thrown).raisedAt !== undefined;
  const place: SourcePlace = { file, line, column: hasColumns ? column + (isAcorn ? 1 : 0) : null };
  const text = String(message ?? thrown)
    .replace(/\s*\(\d+:\d+\)\s*$/u, '')
    .replace(/^(?:Error transforming [^:]*: )?(?:sucrase: )?/u, '');
  return failAt(place, text);
}

/** Returns the place of a node. */
export function placeOf(
  { name, hasColumns }: SourceModule,
  { loc }: { readonly loc?: { readonly start: { readonly line: number; readonly column: number } } | null | undefined },
): SourcePlace {
  const { line = 1, column = 0 } = loc?.start ?? {};
  return { file: name, line, column: hasColumns ? column + 1 : null };
}
