import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Plugin } from 'vite';

interface ShellFile {
  readonly path: string;
  readonly integrity: string;
}

/** Every file a visitor may need, with its hash. The page goes by its address: some servers redirect `index.html`. */
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

/** Tells the playground's service worker, once everything is built, which files there are. `script`: its name in the build. */
export function appShellPlugin(script: string): Plugin {
  return {
    name: 'tenon:app-shell',
    apply: 'build',
    enforce: 'post',
    writeBundle({ dir = '' }) {
      const file = join(dir, script);
      const code = readFileSync(file, 'utf8');
      const files = shellFiles(dir, script).map(({ path, integrity }) => [path, integrity]);
      // The version covers the script too: a new one fills a cache of its own.
      const version = createHash('sha256').update(code).update(JSON.stringify(files)).digest('hex').slice(0, 16);
      writeFileSync(file, `const tenonShell = ${JSON.stringify({ version, files })};\n${code}`);
    },
  };
}
