// `npm start`: installs, builds, and serves the playground. Needs only Node 20.19.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { serve } from '../server/serve.mjs';
import { build } from './build.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { root, say } from './processes.mjs';

/** @param {string} url */
function openBrowser(url) {
  const openers = { darwin: 'open', win32: 'explorer' };
  const opener = process.platform === 'darwin' || process.platform === 'win32' ? openers[process.platform] : 'xdg-open';
  const someoneIsThere = process.stdout.isTTY && (process.platform !== 'linux' || process.env['DISPLAY'] !== undefined);
  if (!someoneIsThere) return;
  const child = spawn(opener, [url], { detached: true, stdio: 'ignore' });
  // Without an opener, the printed address is enough.
  child.on('error', () => undefined);
  child.unref();
}

/** @param {string} folder */
async function servePlayground(folder) {
  const roots = { '/': folder };
  try {
    // The port stays the same from start to start, because the browser stores plug-ins by origin.
    return await serve({ roots, port: Number(process.env['PORT'] ?? 4173) });
  } catch {
    return serve({ roots });
  }
}

await ensureDependencies();
const built = await build(['demo']);
const folder = join(root, 'build/demo');
if (!existsSync(join(folder, 'index.html'))) {
  say('The playground could not be built: see the messages above.');
  process.exit(1);
}
if (!built) say('A part of the build failed (see above). Serving the last build.');
const site = await servePlayground(folder);
say('');
say(`The playground is at ${site.origin}/`);
say('It is served as static files, without special headers. Press Ctrl+C to stop.');
openBrowser(`${site.origin}/`);
