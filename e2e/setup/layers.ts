/** For each folder that has a rule: its rooms, and the rooms that each may import besides itself. */
export type LayerRules = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

const pure = ['contract', 'wasm', 'manifest', 'kernel'] as const;

/**
 * The layer graph of the library: which folder may import which. `src/import-rule.test.ts` enforces it. A file that lies beside
 * the rooms counts as a room of its name.
 */
export const layers: LayerRules = {
  src: {
    contract: [],
    wasm: ['contract'],
    manifest: ['contract', 'wasm'],
    kernel: ['contract', 'wasm'],
    javascript: ['contract', 'wasm'],
    worker: [...pure, 'javascript'],
    page: [...pure, 'javascript'],
    index: [...pure, 'javascript', 'page'],
    library: [...pure, 'javascript', 'page'],
    extism: [...pure, 'javascript', 'page'],
    elements: [...pure, 'javascript', 'page', 'library', 'extism'],
    'service-worker': ['contract'],
  },
  'src/page': {
    base: [],
    workers: ['base'],
    http: ['base'],
    files: ['base'],
    'host-functions': ['base', 'workers', 'http', 'files'],
    scheduler: ['base', 'workers', 'http', 'files', 'host-functions'],
    loading: ['base', 'workers', 'http', 'files', 'host-functions', 'scheduler'],
    host: ['base', 'workers', 'http', 'files', 'host-functions', 'scheduler', 'loading'],
  },
  'src/library': {
    hash: [],
    settings: [],
    'library-events': [],
    storage: ['hash', 'settings'],
    permissions: ['hash', 'settings', 'storage'],
    view: ['settings', 'storage', 'permissions'],
    install: ['hash', 'settings', 'storage', 'permissions', 'view'],
    run: ['hash', 'settings', 'library-events', 'storage', 'permissions', 'view'],
    'library-options': ['permissions', 'run', 'view'],
    library: ['settings', 'library-events', 'library-options', 'storage', 'permissions', 'view', 'install', 'run'],
    index: [
      'settings',
      'library-events',
      'library-options',
      'storage',
      'permissions',
      'view',
      'install',
      'run',
      'library',
    ],
  },
  'src/wasm': {
    reader: [],
    gate: ['reader'],
    metering: ['reader', 'gate'],
    inspect: ['reader', 'gate', 'metering'],
    'module-index': [],
  },
};

/** Folders of `src` that import no package. */
export const packageFree: readonly string[] = pure;
