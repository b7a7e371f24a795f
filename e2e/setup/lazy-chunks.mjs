// Makes each lazy chunk of the page's build one file: it imports only what its page has loaded, and contains the rest. A browser may
// never request a chunk again that failed as the import of another, whatever the URL of the other, so no chunk may depend on such a one.
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** @typedef {{ statics: readonly string[], lazies: readonly string[] }} Links */

/**
 * What a built file imports, by file name.
 * @param {string} code
 * @returns {Links}
 */
function linksOf(code) {
  const names = (/** @type {RegExp} */ pattern) => Array.from(code.matchAll(pattern), ([, name = '']) => name);
  return {
    statics: names(/(?:\bfrom|\bimport)\s*["'`]\.\/([^"'`]+)["'`]/gu),
    lazies: names(/\bimport\(\s*["'`]\.\/([^"'`]+)["'`]\s*\)/gu),
  };
}

/**
 * All that can be reached from `file`, with itself.
 * @param {string} file
 * @param {ReadonlyMap<string, Links>} graph
 * @param {(links: Links) => readonly string[]} next
 */
function reachedFrom(file, graph, next) {
  /** @type {Set<string>} */
  const reached = new Set();
  const queue = [file];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const links = graph.get(name);
    if (links === undefined || reached.has(name)) continue;
    reached.add(name);
    queue.push(...next(links));
  }
  return reached;
}

/**
 * The lazy chunks that a page may load, and for each the files that every such page has loaded before.
 * @param {readonly string[]} entryFiles
 * @param {ReadonlyMap<string, Links>} graph
 * @returns {ReadonlyMap<string, readonly string[]>}
 */
export function lazyChunksOf(entryFiles, graph) {
  /** @type {Map<string, readonly string[]>} */
  const chunks = new Map();
  for (const entry of entryFiles) {
    const atOnce = reachedFrom(entry, graph, ({ statics }) => statics);
    const all = reachedFrom(entry, graph, ({ statics, lazies }) => [...statics, ...lazies]);
    const lazies = new Set(Array.from(all).flatMap((file) => graph.get(file)?.lazies ?? []));
    for (const chunk of lazies) {
      chunks.set(
        chunk,
        (chunks.get(chunk) ?? Array.from(atOnce)).filter((file) => atOnce.has(file)),
      );
    }
  }
  return chunks;
}

/**
 * All files that pages load, at once or on demand.
 * @param {readonly string[]} entryFiles
 * @param {ReadonlyMap<string, Links>} graph
 */
export function filesOfPages(entryFiles, graph) {
  const reached = entryFiles.map((entry) =>
    reachedFrom(entry, graph, ({ statics, lazies }) => [...statics, ...lazies]),
  );
  return Array.from(new Set(reached.flatMap((files) => Array.from(files))));
}

/**
 * Reads what the files of a folder import.
 * @param {string} folder
 */
export function readGraph(folder) {
  const files = readdirSync(folder).filter((file) => file.endsWith('.js'));
  return new Map(files.map((file) => [file, linksOf(readFileSync(join(folder, file), 'utf8'))]));
}

/**
 * Whether a page must not have a module twice: it has a symbol or a collection of its own, or a class that `instanceof` names.
 * @param {string} code TypeScript or JavaScript
 * @param {ReadonlySet<string>} comparedClasses
 */
export function hasIdentity(code, comparedClasses = new Set()) {
  // What is typed as read-only is a constant: any copy is as good.
  const state =
    /^(?:export )?const \w+(?:: (?!Readonly)[^=\n]*)?\s*=\s*(?:Symbol\(|new (?:WeakMap|WeakSet|WeakRef)\b|new (?:Map|Set)(?:<.*>)?\(\))/mu;
  const classes = Array.from(code.matchAll(/^(?:export )?(?:abstract )?class (\w+)/gmu), ([, name = '']) => name);
  return state.test(code) || classes.some((name) => comparedClasses.has(name));
}

/**
 * The sources with an identity that several built files contain, for each the files. A page could then have two of them.
 * @param {string} folder
 * @param {readonly string[]} files
 */
export function duplicatedIdentities(folder, files) {
  /** @type {Map<string, string[]>} */
  const holders = new Map();
  // A file that only re-exports has no map.
  for (const file of files.filter((name) => existsSync(join(folder, `${name}.map`)))) {
    const map = /** @type {{ sources: string[] }} */ (JSON.parse(readFileSync(join(folder, `${file}.map`), 'utf8')));
    for (const source of new Set(map.sources.map((path) => join(folder, path)))) {
      if (existsSync(source)) holders.set(source, [...(holders.get(source) ?? []), file]);
    }
  }
  const codes = new Map(Array.from(holders.keys(), (source) => [source, readFileSync(source, 'utf8')]));
  const compared = new Set(
    Array.from(codes.values()).flatMap((code) =>
      Array.from(code.matchAll(/\binstanceof (\w+)/gu), ([, name = '']) => name),
    ),
  );
  return Array.from(holders).filter(
    ([source, those]) => those.length > 1 && hasIdentity(codes.get(source) ?? '', compared),
  );
}

/**
 * Loads what the first build wrote, with its source maps. Leaves out what the page has loaded, and chunks that are imported on demand.
 * @param {readonly string[]} loaded
 * @returns {import('vite').Plugin}
 */
function lazyChunkPlugin(loaded) {
  return {
    name: 'tenon:lazy-chunk',
    resolveId: {
      order: 'pre',
      handler: (id, _importer, { kind }) =>
        id.startsWith('./') && (kind === 'dynamic-import' || loaded.includes(basename(id)))
          ? { id, external: true }
          : null,
    },
    load: {
      filter: { id: /\.js$/u },
      handler: (id) => ({
        code: readFileSync(id, 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/u, '\n'),
        map: existsSync(`${id}.map`) ? readFileSync(`${id}.map`, 'utf8') : null,
        moduleSideEffects: false,
      }),
    },
  };
}

/**
 * Lets imports of lazy chunks return what the chunks export. The build adds an object with the same names to chunks that export more,
 * which a repeated import of the chunk's URL does not know.
 * @param {string} file
 */
function exportPlainly(file) {
  const code = readFileSync(file, 'utf8');
  const plain = code.replaceAll(/(\bimport\(`[^`]+`\))\.then\((\w+)=>\2\.\w+\)/gu, '$1');
  if (plain !== code) writeFileSync(file, plain);
}

/**
 * Rewrites the page's build in `folder`. What only lazy chunks shared is then in each of them, and its own file is removed.
 * @param {string} folder
 * @param {readonly string[]} entryFiles
 */
export async function bundleLazyChunks(folder, entryFiles) {
  const { build } = await import('vite');
  const graph = readGraph(folder);
  const loadedAtOnce = entryFiles.flatMap((file) => Array.from(reachedFrom(file, graph, ({ statics }) => statics)));
  const chunks = lazyChunksOf(entryFiles, graph);
  const bundled = join(folder, 'lazy');
  for (const [chunk, loaded] of chunks) {
    await build({
      configFile: false,
      logLevel: 'warn',
      publicDir: false,
      plugins: [lazyChunkPlugin(loaded)],
      build: {
        target: 'es2022',
        outDir: bundled,
        emptyOutDir: false,
        sourcemap: true,
        minify: true,
        lib: { entry: join(folder, chunk), formats: ['es'], fileName: () => chunk },
        rolldownOptions: { output: { minify: true } },
      },
    });
  }
  for (const file of graph.keys()) {
    if (loadedAtOnce.includes(file)) continue;
    rmSync(join(folder, file));
    rmSync(join(folder, `${file}.map`), { force: true });
  }
  cpSync(bundled, folder, { recursive: true });
  rmSync(bundled, { recursive: true });
  for (const file of [...loadedAtOnce, ...chunks.keys()]) exportPlainly(join(folder, file));
}
