import type { checkCache, writeToCache } from './page/cache.mjs';
import type { changeOneByte, printMegabytes, storeAndOpen } from './page/file-figures.mjs';
import type { keepVariety } from './page/file-variety.mjs';
import type { checkFiles, churnFiles } from './page/files.mjs';
import type { checkLibrary, churnLibrary, hammerLibrary } from './page/library.mjs';
import type { runSchedules } from './page/schedules.mjs';

export interface StoppedCall {
  readonly overshootMs: number;
  readonly nextMs: number;
}

export interface Hibernation {
  readonly asleep: number;
  readonly wakes: number;
  readonly wakingMs: number;
  readonly creatingMs: number;
  readonly workers: number;
}

export interface SoakPage {
  timeouts(count: number): Promise<StoppedCall[]>;
  stops(wanted: {
    fixture: string;
    name: string;
    count: number;
    limitMs: number;
  }): Promise<{ seen: StoppedCall[]; spawned: number }>;
  finishStops(): Promise<number>;
  startStops(wanted: { fixture: string; count: number; limitMs: number }): Promise<number[]>;
  startEndless(wanted: { fixture: string; name: string }): Promise<void>;
  abortEndless(): Promise<number>;
  closeEndless(): Promise<void>;
  calls(count: number, sizeBytes: number): Promise<void>;
  lifecycles(count: number): Promise<number>;
  bareWorkers(count: number): Promise<void>;
  hibernation(wanted: { plugins: number; rounds: number }): Promise<Hibernation>;
  caps(caps: readonly number[]): Promise<{ cap: number; pages: number; entries: number }[]>;
  readonly runSchedules: typeof runSchedules;
  readonly writeToCache: typeof writeToCache;
  readonly checkCache: typeof checkCache;
  readonly churnLibrary: typeof churnLibrary;
  readonly checkLibrary: typeof checkLibrary;
  readonly hammerLibrary: typeof hammerLibrary;
  readonly churnFiles: typeof churnFiles;
  readonly checkFiles: typeof checkFiles;
  readonly keepVariety: typeof keepVariety;
  readonly storeAndOpen: typeof storeAndOpen;
  readonly changeOneByte: typeof changeOneByte;
  readonly printMegabytes: typeof printMegabytes;
  finish(): Promise<number>;
}

declare global {
  interface Window {
    /** The page's part of the long-running tests; see e2e/perf/soak/page/main.mjs. */
    soak: SoakPage;
    /** Reports to the runner how many commits there were. Only while files are changed and the browser is killed. */
    committed(count: number): Promise<void>;
  }
}
