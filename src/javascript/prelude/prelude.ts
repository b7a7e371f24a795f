import { consoleGlobal } from './console.js';
import { extismGlobals } from './extism.js';
import type { Natives } from './natives.js';
import { platformRecord, type ProgramInfo, programRecord } from './program.js';
import { Timers } from './timers.js';

/** What `run` of the shim calls. A result of NaN means that the export is not settled. */
type Entry = readonly [
  start: (index: number) => number,
  proceed: () => number,
  resolve: (base: string, specifier: string) => string,
];

type Exported = () => unknown;
type PlatformPart = (native: Natives, globals: Readonly<Record<string, unknown>>) => Record<string, unknown>;

const platformNames = ['TextEncoder', 'TextDecoder', 'URL', 'URLSearchParams', 'structuredClone', 'crypto', 'fetch'];

/** Prepares the global scope of a plug-in, and returns the functions that run its exports. */
export default function boot(native: Natives): Entry {
  const info = JSON.parse(native.r(programRecord) ?? '') as ProgramInfo;
  const timers = new Timers(native);
  const globals = {
    ...extismGlobals(native, info),
    ...timers.globals(),
    console: consoleGlobal(native),
    plugin: json(native),
  };
  for (const [name, value] of Object.entries(globals)) define(name, { value, writable: true });
  definePlatform(native, globals);
  const runner = new Runner(native, info, timers);
  const resolve = (base: string, specifier: string): string => resolveImport(info, base, specifier);
  return [(index) => runner.start(index), () => runner.proceed(), resolve];
}

function define(name: string, descriptor: PropertyDescriptor): void {
  Object.defineProperty(globalThis, name, { enumerable: false, configurable: true, ...descriptor });
}

/** Defines what platforms provide as getters, because evaluating it takes longer than most plug-ins run. */
function definePlatform(native: Natives, globals: Readonly<Record<string, unknown>>): void {
  // Read now, because the plug-in may replace it.
  const evaluate = Reflect.get(globalThis, 'eval') as (text: string) => unknown;
  let loaded: Record<string, unknown> | undefined;
  const load = (): Record<string, unknown> => {
    loaded ??= (evaluate(native.r(platformRecord) ?? '') as PlatformPart)(native, globals);
    return loaded;
  };
  for (const name of platformNames) {
    const set = (value: unknown): void => define(name, { value, writable: true });
    define(name, {
      get() {
        const value = load()[name];
        set(value);
        return value;
      },
      set,
    });
  }
}

/** `plugin(fn)`: an export that takes its input and returns its output as JSON. */
function json(native: Natives) {
  return (handler: unknown): Exported => {
    if (typeof handler !== 'function') throw new TypeError('plugin() expects a function');
    const output = (value: unknown): void => native.o((JSON.stringify(value) ?? 'null').toWellFormed());
    return () => {
      const text = native.i(1);
      let value: unknown;
      try {
        value = text === '' ? undefined : JSON.parse(text);
      } catch (cause) {
        throw new TypeError(`The input is not JSON: ${messageOf(cause)}`, { cause });
      }
      const result = handler(value) as unknown;
      if (isThenable(result)) return Promise.resolve(result).then(output);
      output(result);
      return undefined;
    };
  };
}

/** @throws TypeError for a module that the program does not contain */
function resolveImport({ imports, main }: ProgramInfo, base: string, specifier: string): string {
  if (base.startsWith('<')) return main;
  const found = imports[base]?.[specifier];
  if (found !== undefined) return found;
  throw new TypeError(`Cannot import "${specifier}" from "${base}": it is not among the files of the plug-in`);
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'then') === 'function';
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

type State =
  | { readonly kind: 'pending'; readonly what: string }
  | { readonly kind: 'loaded'; readonly index: number }
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'thrown'; readonly thrown: unknown };

/** Runs one export at a time. */
class Runner {
  readonly #native: Natives;
  readonly #info: ProgramInfo;
  readonly #timers: Timers;
  #namespace: Readonly<Record<string, unknown>> | null = null;
  #state: State = { kind: 'pending', what: '' };

  constructor(native: Natives, info: ProgramInfo, timers: Timers) {
    this.#native = native;
    this.#info = info;
    this.#timers = timers;
  }

  start(index: number): number {
    if (this.#namespace !== null) return this.#invoke(index);
    const { main } = this.#info;
    this.#wait(`Evaluating ${main}`, this.#load(main), () => ({ kind: 'loaded', index }));
    return Number.NaN;
  }

  /** Continues when no job is left. */
  proceed(): number {
    const state = this.#state;
    if (state.kind === 'loaded') return this.#invoke(state.index);
    if (state.kind === 'returned') return this.#finish(state.value);
    if (state.kind === 'thrown') return this.#fail(state.thrown);
    try {
      if (this.#timers.runNext()) return Number.NaN;
    } catch (thrown) {
      return this.#fail(thrown);
    }
    return this.#fail(new Error(`${state.what} never ends: its promise is pending, and there is no job and no timer`));
  }

  async #load(main: string): Promise<void> {
    this.#namespace = (await import(/* @vite-ignore */ main)) as Record<string, unknown>;
  }

  #invoke(index: number): number {
    const name = this.#info.exports[index] ?? '';
    const given = this.#namespace ?? {};
    const exported = given[name] ?? Object(given['default'])[name];
    try {
      if (typeof exported !== 'function') throw new TypeError(`Export "${name}" is not a function`);
      const result = (exported as Exported)();
      if (!isThenable(result)) return this.#finish(result);
      this.#wait(`The promise that "${name}" returned`, Promise.resolve(result), (value) => ({
        kind: 'returned',
        value,
      }));
      return Number.NaN;
    } catch (thrown) {
      return this.#fail(thrown);
    }
  }

  #wait(what: string, promise: Promise<unknown>, stateOf: (value: unknown) => State): void {
    this.#state = { kind: 'pending', what };
    promise.then(
      (value) => {
        this.#state = stateOf(value);
      },
      (thrown: unknown) => {
        this.#state = { kind: 'thrown', thrown };
      },
    );
  }

  /** Returns the exit code: a number that the export returned, or 0. */
  #finish(result: unknown): number {
    this.#timers.clear();
    return typeof result === 'number' ? Math.trunc(result) | 0 : 0;
  }

  #fail(thrown: unknown): number {
    this.#timers.clear();
    this.#native.e(this.#native.a(this.#textOf(thrown).toWellFormed()));
    return 1;
  }

  #textOf(thrown: unknown): string {
    try {
      return this.#describe(thrown);
    } catch {
      return 'Uncaught value that has no text: reading it throws';
    }
  }

  /** Returns the text of an error with the frames of the author's files. */
  #describe(thrown: unknown): string {
    if (!(thrown instanceof Error)) return `Uncaught ${typeof thrown === 'string' ? thrown : messageOf(thrown)}`;
    const { withoutColumns } = this.#info;
    const frames = (thrown.stack ?? '')
      .split('\n')
      .filter((frame) => frame.trim() !== '' && !/[(\s]<\w+>:|\(native\)/u.test(frame))
      .map((frame) =>
        frame.replace(/([^\s(]+):(\d+):\d+(?=\)?$)/u, (place: string, file: string, line: string) =>
          withoutColumns.includes(file) ? `${file}:${line}` : place,
        ),
      );
    return [String(thrown), ...frames].join('\n');
  }
}
