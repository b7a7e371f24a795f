// `npm start`: from a fresh clone to the playground in a browser. Needs nothing but Node 20.
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
  // The address is printed: whoever has no opener clicks it.
  child.on('error', () => undefined);
  child.unref();
}

/** @param {string} folder */
async function servePlayground(folder) {
  const roots = { '/': folder };
  try {
    // One address from start to start, so that the browser finds its remembered plug-ins again.
    return await serve({ roots, port: Number(process.env['PORT'] ?? 4173) });
  } catch {
    return serve({ roots });
  }
}

await ensureDependencies();
const built = await build(['demo']);
const folder = join(root, 'build/demo');
if (!existsSync(join(folder, 'index.html'))) {
  say('The playground could not be built; see above.');
  process.exit(1);
}
if (!built) say('Something in the build failed (see above); serving what there is.');
const site = await servePlayground(folder);
say('');
say(`The playground is at ${site.origin}/`);
say('Plain static files, no special headers. Press Ctrl+C to stop.');
openBrowser(`${site.origin}/`);
