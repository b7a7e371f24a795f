import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Plugin } from 'vite';

interface ShellFile {
  readonly path: string;
  readonly integrity: string;
}

/** Returns every file of the playground with its hash. The page is listed as its folder, because some servers redirect `index.html`. */
function shellFiles(folder: string, serviceWorker: string): ShellFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ file, path: relative(folder, file).replaceAll(sep, '/') }))
    .filter(({ path }) => path !== serviceWorker && !path.endsWith('.map'))
    .map(({ file, path }) => ({
      path: path === 'index.html' ? '' : path,
      integrity: `sha256-${createHash('sha256').update(readFileSync(file)).digest('base64')}`,
    }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Writes the list of built files into the playground's service worker, whose name in the build is `script`. */
export function appShellPlugin(script: string): Plugin {
  return {
    name: 'tenon:app-shell',
    apply: 'build',
    enforce: 'post',
    writeBundle({ dir = '' }) {
      const file = join(dir, script);
      const code = readFileSync(file, 'utf8');
      const files = shellFiles(dir, script).map(({ path, integrity }) => [path, integrity]);
      // The version also depends on the script, so that a new script fills a new cache.
      const version = createHash('sha256').update(code).update(JSON.stringify(files)).digest('hex').slice(0, 16);
      writeFileSync(file, `const tenonShell = ${JSON.stringify({ version, files })};\n${code}`);
    },
  };
}
