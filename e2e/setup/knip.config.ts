import type { KnipConfig } from 'knip';
import { entries } from './entries.mjs';

/** The files from which `knip` searches for unused files, exports and dependencies. Paths are relative to the project's root. */
const config: KnipConfig = {
  entry: [
    ...entries.filter(({ kind }) => kind !== 'page-chunk' && kind !== 'binary').map(({ source }) => `${source}!`),
    'src/javascript/prelude/{prelude,platform}.ts!',
    'src/**/*.test.ts',
    'src/**/*.test-types.ts',
    'demo/*.html',
    'demo/**/main.ts',
    'demo/service-worker/service-worker.ts',
    'e2e/specs/main.ts',
    'e2e/specs/extism/typical.ts',
    'e2e/specs/extism/page/main.mjs',
    'e2e/specs/extism/apps/*.mjs',
    'e2e/specs/**/*.specs.ts',
    'e2e/specs/long-polled/{service-worker,worker}.ts',
    'e2e/journeys/*.spec.ts',
    'e2e/embedding/page/{app,chunks}.mjs',
    'e2e/embedding/run.mjs',
    'e2e/{security,fuzz,perf}/*/page/{main,worker,bare-worker}.mjs',
    'e2e/journeys/playwright.config.ts',
    'e2e/specs/{harness,assert}.ts',
    'e2e/run/test.mjs',
    'e2e/run/{specs,unit,webkit}.mjs',
    'e2e/fuzz/inputs/process.mjs',
    'src/**/fuzz.test-targets.ts',
    'e2e/security/hostile/webkit.mjs',
    'e2e/security/network/{webkit,compare}.mjs',
    'e2e/setup/*.mjs',
    'e2e/perf/{bench,soak}/*.mjs',
    'e2e/perf/{bench,soak}/**/main.ts',
  ],
  project: ['src/**/*.ts!', 'demo/**/*.ts', 'e2e/**/*.{ts,mjs}', 'vite.config.ts'],
  ignore: ['**/*.as.ts', '**/*.generated.ts', 'demo/plugins/**', 'e2e/fixtures/**'],
  ignoreBinaries: ['apt-get', 'clang'],
  ignoreDependencies: ['@arethetypeswrong/cli', '@extism/as-pdk', '@extism/js-pdk', 'publint', 'quickjs-wasi'],
  ignoreExportsUsedInFile: true,
};

export default config;
