import type { CallProgram, WasiSetup } from '../../contract/wasi.js';
import type { OutputSink, PageInput, ProgramOptions } from './wasi-options.js';

/** What a plug-in that imports WASI is given, and what one call may change of it. */
export interface WasiPlan {
  readonly setup: WasiSetup;
  /** The ends of its streams that are on the page. */
  readonly ends: StreamEnds;
  /** Whether it needs a way to wait for the page; `useful`: it is a program, which may print much. */
  readonly waiting: 'needed' | 'useful' | 'none';
  /** Returns what a call changes; null if that is nothing. @throws PluginError `invalid-argument` */
  readonly forCall: (name: string, hasInput: boolean, options: ProgramOptions) => CallPlan | null;
}

/** Null for an end that is in the worker. */
export interface StreamEnds {
  readonly stdin: PageInput | null;
  readonly stdout: OutputSink | null;
  readonly stderr: OutputSink | null;
}

/** What one call changes of a program's set-up. */
export interface CallPlan {
  readonly wire: CallProgram;
  /** What the page answers if `wire.stdin` is `page`. */
  readonly stdin: PageInput | null;
}
