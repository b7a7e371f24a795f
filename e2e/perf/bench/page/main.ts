import { callCases, type CallResult, measureCalls } from './calls.js';
import { type CreationRound, measureCreation } from './creation.js';
import { type FilesResult, measureFiles, printLines } from './files.js';
import { type HostCallResult, measureHostCalls, openHostCalls } from './host-calls.js';
import { openSubject, type Subject, type SubjectId } from './subjects.js';

/** The interface for the runner, which calls one function at a time. */
export interface Bench {
  readonly isolated: boolean;
  readonly caseIds: readonly string[];
  measureCalls(caseId: string): Promise<CallResult>;
  measureCreation(): Promise<CreationRound[]>;
  measureFiles(): Promise<FilesResult[]>;
  /** Writes lines to a stream that is off. */
  printLines(count: number): Promise<void>;
  measureHostCalls(): Promise<HostCallResult[]>;
  openHostCalls(): Promise<void>;
  /** Makes many host calls in one call of a plug-in. */
  hostCallMany(count: number): Promise<number>;
  /** Opens the plug-in with which the memory of many calls is measured. */
  openForMemory(id: SubjectId): Promise<void>;
  /** Returns the milliseconds that the calls took. */
  callMany(count: number, sizeBytes: number): Promise<number>;
}

declare global {
  interface Window {
    bench: Bench;
  }
}

let hostCalls: ((count: number) => Promise<number>) | null = null;
let subject: Subject | null = null;

window.bench = {
  isolated: globalThis.crossOriginIsolated,
  caseIds: callCases.map(({ id }) => id),
  measureCalls(caseId) {
    const testCase = callCases.find(({ id }) => id === caseId);
    if (testCase === undefined) throw new Error(`Unknown benchmark case "${caseId}"`);
    return measureCalls(testCase);
  },
  measureCreation,
  measureFiles,
  printLines,
  measureHostCalls,
  async openHostCalls() {
    hostCalls = await openHostCalls();
  },
  hostCallMany: (count) => hostCalls?.(count) ?? Promise.reject(new Error('hostCallMany: call openHostCalls first')),
  async openForMemory(id) {
    subject = await openSubject(id, 'echo.wasm');
  },
  async callMany(count, sizeBytes) {
    const input = new Uint8Array(sizeBytes).fill(7);
    const startedAt = performance.now();
    for (let call = 0; call < count; call += 1) await subject?.call('echo', input.slice());
    return performance.now() - startedAt;
  },
};
