import type { Plugin } from 'vite';

/** A source file that the code names by URL, and the built file that replaces it. */
export interface WorkerFile {
  /** Path of the source, relative to the project's root. */
  readonly source: string;
  /** Name in `dist/`. */
  readonly file: string;
}

interface Placeholder {
  readonly token: string;
  readonly expression: string;
}

const workerExpression =
  /new Worker\(\s*new URL\(\s*(['"])(?<worker>[^'"]+)\1,\s*import\.meta\.url\s*\),\s*\{\s*type:\s*['"]module['"],?\s*\}\s*,?\s*\)/gu;
const urlExpression = /new URL\(\s*(['"])(?<url>[^'"]+)\1,\s*import\.meta\.url\s*,?\s*\)/gu;

/**
 * Keeps `new Worker(new URL('…', import.meta.url), { type: 'module' })` one expression in the built library, with the URL of the
 * built worker, because an app's bundler finds the worker by exactly this text. Otherwise Vite would bundle the worker again and the
 * minifier would change the expression. A call of an unknown function stands for it until the chunk is written.
 */
export function workerUrlPlugin(workerFiles: readonly WorkerFile[]): Plugin {
  const placeholders: Placeholder[] = [];

  function hide(specifier: string, expressionOf: (url: string) => string, original: string): string {
    const found = workerFiles.find(({ source }) => source.endsWith(specifier.replace(/^(\.\.?\/)+/u, '')));
    if (found === undefined) return original;
    const token = `__TENON_WORKER_FILE_${placeholders.length}__()`;
    placeholders.push({ token, expression: expressionOf(`new URL('./${found.file}', import.meta.url)`) });
    return token;
  }

  return {
    name: 'tenon:worker-url',
    enforce: 'pre',
    apply: 'build',
    transform(code) {
      if (!code.includes('import.meta.url')) return null;
      const hidden = code
        .replace(workerExpression, (original: string, _quote: string, specifier: string) =>
          hide(specifier, (url) => `new Worker(${url}, { type: 'module' })`, original),
        )
        .replace(urlExpression, (original: string, _quote: string, specifier: string) =>
          hide(specifier, (url) => url, original),
        );
      return hidden === code ? null : { code: hidden, map: null };
    },
    generateBundle(_options, bundle) {
      const left = new Set(placeholders);
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        for (const placeholder of placeholders) {
          if (!chunk.code.includes(placeholder.token)) continue;
          chunk.code = chunk.code.replaceAll(placeholder.token, () => placeholder.expression);
          left.delete(placeholder);
        }
      }
      for (const { expression } of left)
        this.error(`expected ${expression} in a chunk of the library, found it in none`);
    },
  };
}

/**
 * Adds comments to each `import()` of an expression that make bundlers ignore it, because its URL is known at run time only. The minifier
 * drops such comments of the source, and webpack would replace an import without them by code that always fails.
 */
export function keepImportsPlugin(): Plugin {
  return {
    name: 'tenon:keep-imports',
    apply: 'build',
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        chunk.code = chunk.code.replaceAll(
          /\bimport\((?!\s*["'`])/gu,
          () => 'import(/* webpackIgnore: true */ /* @vite-ignore */ ',
        );
      }
    },
  };
}
