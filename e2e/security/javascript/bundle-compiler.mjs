import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Returns the compiler as one module, for threads that do not read TypeScript, and its engine. */
export async function bundleCompiler() {
  const result = await build({
    configFile: false,
    root,
    logLevel: 'warn',
    publicDir: false,
    build: {
      target: 'es2023',
      write: false,
      minify: false,
      lib: { entry: `${root}src/javascript/index.ts`, formats: ['es'], fileName: 'javascript' },
    },
  });
  const outputs = (Array.isArray(result) ? result : [result]).flatMap((one) => ('output' in one ? one.output : []));
  const chunk = outputs.find(({ type }) => type === 'chunk');
  if (chunk?.type !== 'chunk') throw new Error('Vite wrote no module');
  const engine = new Uint8Array(await readFile(`${root}src/javascript/engine/javascript.wasm`));
  return { code: chunk.code, engine };
}
