// Prepares `npm run dev`, `npm run bench` and `npm run soak`: dependencies, kernel, plug-ins, library and pages.
import { build } from './build.mjs';
import { ensureDependencies } from './dependencies.mjs';

await ensureDependencies();
process.exitCode = (await build(['demo', 'specs'])) ? 0 : 1;
