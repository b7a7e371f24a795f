import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** Serves the built test fixtures at `/fixtures/…` beside the sources, as the specs' own server does. */
export function serveFixtures(folder: string): Plugin {
  return {
    name: 'tenon:fixtures',
    configureServer(server) {
      server.middlewares.use('/fixtures', (request, response, next) => {
        const name = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1);
        const file = join(folder, name);
        if (!/^[\w.-]+$/u.test(name) || !existsSync(file)) return next();
        response.setHeader('content-type', name.endsWith('.wasm') ? 'application/wasm' : 'application/octet-stream');
        createReadStream(file).pipe(response);
      });
    },
  };
}
