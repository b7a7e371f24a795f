import { type ErrorDetails, PluginError } from '../../contract/errors.js';
import { logLevelNumber } from '../../contract/abi.js';
import { wasiFunctionType } from '../../contract/import-types.js';
import type { FunctionType } from '../../contract/module-report.js';
import type { Policy } from '../../contract/policy.js';
import type { CallInput, FilesEvent } from '../../contract/protocol.js';
import type {
  CallProgram,
  FilesConflict,
  FilesReply,
  FilesRequest,
  OutputSetup,
  QuotaReport,
  StreamName,
  WasiSetup,
} from '../../contract/wasi.js';
import type { GuestFailure } from '../runner/guest-failure.js';
import type { Logs } from '../runner/logs.js';
import type { Waiter } from '../suspend/waiter.js';
import { Allowance, mostUnreadBytes } from './streams/allowance.js';
import { importAsset } from '../import-asset.js';
import { Clocks } from './clocks.js';
import { descriptorFunctions } from './descriptor-functions.js';
import { Descriptors, type Streams } from './descriptors.js';
import type { serveFiles } from './access/files-chunk.js';
import {
  answering,
  type Binding,
  mayWait,
  type PageWait,
  type Program,
  waiting,
  type WasiFunction,
} from './functions.js';
import { GuestMemory } from './guest-memory.js';
import { InputStream } from './streams/input-stream.js';
import { ioFunctions } from './io-functions.js';
import { type Layout, layoutOf } from './layouts.js';
import { LineStream } from './streams/lines.js';
import { PageStream } from './streams/page-stream.js';
import { pathFunctions } from './path-functions.js';
import { PrintedOutput } from './streams/printed-output.js';
import { nowhere, type OutputStream, Tail } from './streams/streams.js';
import { systemFunctions } from './system-functions.js';
import { type MountedVolume, mountVolume } from './volumes.js';
import type { Work } from './work.js';

/** What this lazy chunk uses of the plug-in's worker. */
export interface WasiHost {
  readonly setup: WasiSetup;
  readonly policy: Pick<Policy, 'logLevel' | 'limits'>;
  /** Ends the call by throwing. */
  readonly failure: Pick<GuestFailure, 'exit' | 'raise' | 'raiseHost'>;
  readonly logs: Pick<Logs, 'write' | 'flush'>;
  readonly work: Work;
  readonly sendFilesEvent: (event: FilesEvent) => void;
  /** The storage of the origin; null where there is none. */
  readonly storage: StorageManager | null;
  /** How the plug-in waits for the page; null if it cannot or need not. */
  readonly waiter: Waiter | null;
}

/**
 * Creates WASI preview 1, and its predecessor `wasi_unstable`, for one plug-in. It is a lazy chunk (`wasi.js`). All modules of a plug-in share descriptors and files.
 *
 * https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md
 *
 * @throws PluginError `files-failed`
 */
export async function createWasi(host: WasiHost): Promise<Wasi> {
  const clocks = new Clocks(host.setup.clockResolutionMs);
  const quotas = new QuotaReports((report) => host.sendFilesEvent({ tenon: 'quota', ...report }));
  const context = {
    now: () => clocks.realtime(),
    onQuota: quotas.add,
    onConflict: (conflict: FilesConflict) => host.sendFilesEvent({ tenon: 'files-conflict', ...conflict }),
    storage: host.storage,
    storeUrl: host.setup.storeUrl,
  };
  const volumes: MountedVolume[] = [];
  for (const [index, setup] of host.setup.directories.entries()) {
    volumes.push(await mountVolume(setup, index + 1, context));
  }
  return new Wasi(host, clocks, volumes, quotas);
}

type WasiImports = ReadonlyMap<string, WebAssembly.ImportValue>;
type WasiLookup = (namespace: string, name: string) => WebAssembly.ImportValue | undefined;

const encoder = new TextEncoder();
const noBytes = new Uint8Array(0);

export class Wasi {
  readonly #host: WasiHost;
  readonly #clocks: Clocks;
  readonly #volumes: readonly MountedVolume[];
  readonly #quotas: QuotaReports;
  readonly #input: InputStream;
  readonly #streams: Streams;
  readonly #stderr: Tail;
  readonly #allowances: readonly Allowance[];
  /** Null if no stream is the output of calls. */
  readonly #printed: PrintedOutput | null;
  #descriptors: Descriptors;
  #args: readonly string[];
  #env: readonly string[];

  constructor(host: WasiHost, clocks: Clocks, volumes: readonly MountedVolume[], quotas: QuotaReports) {
    this.#host = host;
    this.#clocks = clocks;
    this.#volumes = volumes;
    this.#quotas = quotas;
    const { args, env, stdin, stdout, stderr } = host.setup;
    this.#args = args;
    this.#env = env;
    const out = new Allowance(() => quotas.add(fullStream('stdout')));
    const errors = new Allowance(() => quotas.add(fullStream('stderr')));
    this.#allowances = [out, errors];
    this.#printed =
      stdout === 'output' || stderr === 'output'
        ? new PrintedOutput(host.policy.limits.maxOutputBytes, (error) => host.failure.raise(error))
        : null;
    this.#input = new InputStream(stdin);
    // The end of stderr is kept even if no line of it is logged, because it describes a panic.
    this.#stderr = new Tail(this.#outputStream(stderr, 'stderr', errors));
    this.#streams = {
      input: this.#input,
      output: this.#outputStream(stdout, 'stdout', out),
      errors: this.#stderr,
    };
    this.#descriptors = new Descriptors(this.#streams, volumes);
  }

  /** Returns the type of a function; null if there is none of that name. */
  typeOf(name: string): FunctionType | null {
    return wasiFunctionType(name);
  }

  /** Sets what the next call changes of the set-up. `input` is the input of the call. */
  begin({ args, env, stdin }: CallProgram, input: CallInput): void {
    this.#args = args ?? this.#args;
    this.#env = env ?? this.#env;
    if (stdin === 'input') this.#input.replace(typeof input === 'string' ? encoder.encode(input) : (input ?? noBytes));
    else if (stdin !== null) this.#input.replace(stdin);
  }

  /** Closes all descriptors and opens the initial ones, for a new instance. Files are kept. */
  restart(): void {
    this.#descriptors.closeAll();
    this.#input.rewind();
    this.#descriptors = new Descriptors(this.#streams, this.#volumes);
  }

  /** Returns a lookup of the functions for a module, by namespace and name; `memory` returns its memory. */
  imports(memory: () => WebAssembly.Memory | undefined): WasiLookup {
    const guest = new GuestMemory(memory, this.#host.work);
    const namespaces = new Map<string, WasiImports>();
    return (namespace, name) => {
      const found = namespaces.get(namespace) ?? this.#functions(guest, layoutOf(namespace));
      namespaces.set(namespace, found);
      return found.get(name);
    };
  }

  /** Returns all functions of a namespace, by name. */
  #functions(memory: GuestMemory, layout: Layout): WasiImports {
    const { work, waiter } = this.#host;
    const binding: Binding = { program: this.#program(), memory, layout };
    const groups = [systemFunctions, descriptorFunctions, ioFunctions, pathFunctions];
    const named = groups.flatMap((group): [string, WasiFunction][] => Object.entries(group(binding)));
    return new Map(
      named.map(([name, run]) => [
        name,
        waiter !== null && mayWait.has(name) ? waiting(run, this.#host, waiter) : answering(run, work),
      ]),
    );
  }

  #program(): Program {
    const { failure, work, waiter } = this.#host;
    const args = (): readonly string[] => this.#args;
    const env = (): readonly string[] => this.#env;
    return {
      get args() {
        return args();
      },
      get env() {
        return env();
      },
      canWait: waiter !== null,
      flush: () => this.#flush(),
      afterPrinting: () => this.#afterPrinting(),
      clocks: this.#clocks,
      descriptors: this.#descriptors,
      exit: (code) => failure.exit(code),
      work,
    };
  }

  /** Sends what was printed, also a line that is not finished: the plug-in is about to wait. */
  #flush(): void {
    this.#streams.output.flush();
    this.#streams.errors.flush();
    this.#host.logs.flush();
  }

  #afterPrinting(): PageWait | undefined {
    if (this.#host.waiter === null || !this.#allowances.some(({ isAhead }) => isAhead)) return undefined;
    return { question: ['printed'], finish: () => this.#resetAllowances() };
  }

  #resetAllowances(): void {
    for (const allowance of this.#allowances) allowance.reset();
  }

  /** Returns details for an error: the last lines that the running call wrote on stderr, and what it printed as its output. */
  details(): ErrorDetails {
    const stderr = this.#stderr.text();
    const output = this.printed?.slice();
    return { ...(stderr === '' ? {} : { stderr }), ...(output === undefined ? {} : { output }) };
  }

  /** A view of what the running call printed as its output; null if that is nothing. */
  get printed(): Uint8Array<ArrayBuffer> | null {
    return this.#printed?.bytes ?? null;
  }

  /** Ends a call: flushes output. Returns a promise if files have to be stored before the reply. */
  endRun(): Promise<void> | null {
    this.#streams.output.flush();
    this.#streams.errors.flush();
    this.#stderr.clear();
    this.#printed?.clear();
    this.#quotas.clear();
    this.#resetAllowances();
    this.#input.restore();
    this.#args = this.#host.setup.args;
    this.#env = this.#host.setup.env;
    const touched = this.#volumes.filter(({ volume, store }) => store !== null && volume.touched);
    return touched.length === 0 ? null : storeAll(touched);
  }

  #outputStream(setup: OutputSetup, stream: StreamName, allowance: Allowance): OutputStream {
    const { policy, logs } = this.#host;
    if (setup === 'output') return this.#printed ?? nowhere;
    if (setup === 'page') return new PageStream(stream, allowance);
    if (setup === 'off' || logLevelNumber(setup) < logLevelNumber(policy.logLevel)) return nowhere;
    return new LineStream((line, continues) => logs.write(setup, line, { stream, continues }), allowance);
  }

  async files(request: FilesRequest): Promise<FilesReply> {
    const chunk = await importAsset<FilesChunk>(this.#host.setup.filesUrl);
    const reply = chunk.serveFiles(this.#volumes, request);
    await this.endRun();
    return reply;
  }
}

interface FilesChunk {
  readonly serveFiles: typeof serveFiles;
}

/** @throws PluginError `files-failed` */
async function storeAll(volumes: readonly MountedVolume[]): Promise<void> {
  for (const { guestPath, store } of volumes) {
    try {
      await store?.();
    } catch (cause) {
      throw new PluginError('files-failed', {
        message: `Changes in directory "${guestPath}" could not be stored: ${String(cause)}`,
        where: `directory "${guestPath}"`,
        fix: 'Call the plug-in again to retry. Until then the changes exist only in the running instance.',
        cause,
      });
    }
  }
}

/** Reports a stream that is full as if it were a device. */
function fullStream(stream: StreamName): QuotaReport {
  return { guestPath: `/dev/${stream}`, limit: 'bytes', max: mostUnreadBytes };
}

/** Reports each exceeded quota to the host, once per call. */
class QuotaReports {
  readonly #report: (report: QuotaReport) => void;
  readonly #reported = new Set<string>();

  constructor(report: (report: QuotaReport) => void) {
    this.#report = report;
  }

  readonly add = (report: QuotaReport): void => {
    const key = `${report.limit} ${report.guestPath}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.#report(report);
  };

  clear(): void {
    this.#reported.clear();
  }
}
