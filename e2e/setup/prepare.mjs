// Everything `npm run dev`, `npm run bench` and `npm run soak` need first: dependencies, kernel, plug-ins, library, pages.
import { build } from './build.mjs';
import { ensureDependencies } from './dependencies.mjs';

await ensureDependencies();
process.exitCode = (await build(['demo', 'specs'])) ? 0 : 1;
