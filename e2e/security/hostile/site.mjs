// Serves the hostile plug-ins and the page that runs them.
import { fileURLToPath } from 'node:url';
import { serve, testRoots } from '../../server/serve.mjs';
import { corpus, makeAssembler } from './corpus.mjs';

/** @param {string} path */
const fromHere = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Cases are assembled on request, because together they are some 100 MB. */
export async function serveHostile() {
  const assemble = await makeAssembler();
  const site = await serve({ roots: { '/': fromHere('page/'), ...testRoots } });
  /** @type {{ name: string, built: import('./corpus.mjs').BuiltCase } | null} */
  let last = null;
  const builtCase = (/** @type {string} */ name) => {
    if (last?.name === name) return last.built;
    const hostile = corpus.find((one) => one.name === name);
    if (hostile === undefined) return null;
    last = { name, built: assemble(hostile) };
    return last.built;
  };
  site.route(/^\/hostile\/(?<name>[\w-]+)\.json$/u, (_request, response, { match }) => {
    const built = builtCase(match.groups?.['name'] ?? '');
    if (built === null) return site.sendText(response, 404, 'No such case');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(built.sheet));
  });
  site.route(
    /^\/hostile\/(?<name>[\w-]+)\/(?<file>[^/]+)\.(?<extension>wasm|js)$/u,
    (_request, response, { match }) => {
      const { name = '', file = '', extension } = match.groups ?? {};
      const bytes = builtCase(name)?.files.get(decodeURIComponent(file));
      if (bytes === undefined) return site.sendText(response, 404, 'No such module');
      const type = extension === 'js' ? 'text/javascript' : 'application/wasm';
      response.writeHead(200, { 'content-type': type, 'content-length': bytes.length });
      response.end(bytes);
    },
  );
  return site;
}
