import { envNamespace, userNamespace, wasiNamespaces } from '../contract/abi.js';

/** What an import allows a plug-in to do, in terms that a user can decide about. */
export type Capability =
  | 'kernel' // its input, output and error, and memory to pass them in: what every plug-in needs
  | 'config' // settings the app gave it
  | 'vars' // remembers things between calls
  | 'logs'
  | 'http' // requests, to hosts the app allows
  | 'host-functions' // what the app offers; each by its name
  | 'clock'
  | 'random'
  | 'files'
  | 'environment' // arguments and environment variables
  | 'stdio'
  | 'sockets'
  | 'process' // exit, wait, yield
  | 'abort' // AssemblyScript's way to stop with a message
  | 'linked' // another module of the same plug-in
  | 'foreign'; // made for another host; see describeMissingImport

export interface ImportName {
  readonly module: string;
  readonly name: string;
}

export interface CapabilityGroup {
  readonly capability: Capability;
  readonly imports: readonly ImportName[];
}

type Rule<Word> = readonly [pattern: RegExp, word: Word];

const envRules: readonly Rule<Capability>[] = [
  [/^config_/, 'config'],
  [/^var_/, 'vars'],
  [/^http_/, 'http'],
  [/^log_|^get_log_level$/, 'logs'],
  [/^/, 'kernel'],
];

/** https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md. The functions of streams come before files, because they share the prefix `fd_`. */
const wasiRules: readonly Rule<Capability>[] = [
  [/^clock_/, 'clock'],
  [/^random_/, 'random'],
  [/^(args|environ)_/, 'environment'],
  [/^sock_/, 'sockets'],
  [/^(proc_|sched_|poll_)/, 'process'],
  [/^(fd_(read|write|close|seek|tell|fdstat_get|fdstat_set_flags)$)/, 'stdio'],
  [/^/, 'files'],
];

/** Groups imports by capability, in the order of their first appearance. `linked`: the names of the plug-in's other modules. */
export function groupImports(imports: readonly ImportName[], linked: readonly string[] = []): CapabilityGroup[] {
  const groups = new Map<Capability, ImportName[]>();
  for (const { module, name } of imports) {
    const capability = capabilityOf(module, name, linked);
    const group = groups.get(capability) ?? [];
    group.push({ module, name });
    groups.set(capability, group);
  }
  return [...groups].map(([capability, members]) => ({ capability, imports: members }));
}

function capabilityOf(module: string, name: string, linked: readonly string[]): Capability {
  if (module === envNamespace) return firstMatch(envRules, name) ?? 'kernel';
  if (linked.includes(module)) return 'linked';
  if (wasiNamespaces.includes(module)) return firstMatch(wasiRules, name) ?? 'files';
  if (module === 'env' && name === 'abort') return 'abort';
  return seemsOf(module, name) === 'host-function' ? 'host-functions' : 'foreign';
}

/** Where an unresolved import seems to come from. */
export type ImportOrigin =
  | 'host-function'
  | 'extism'
  | 'wasi-preview-1'
  | 'wasi-sockets'
  | 'wasi-other'
  | 'pre-1-0'
  | 'wasm-bindgen'
  | 'emscripten'
  | 'go-js'
  | 'assemblyscript'
  | 'js-builtin';

export interface WantedImport extends ImportName {
  readonly kind: string;
  /** The module that imports it. */
  readonly from: string;
}

export interface MissingImport extends WantedImport {
  readonly seems: ImportOrigin;
  /** One sentence: what it seems to be, and what to do. */
  readonly sentence: string;
}

/** Patterns for the text `module name`, tried in order. */
const originRules: readonly Rule<ImportOrigin>[] = [
  [/^extism:host\/env /, 'extism'],
  [/^(env extism_|extism:env )/, 'pre-1-0'],
  [/^extism:/, 'host-function'],
  [/^wasi_(snapshot_preview1|unstable) sock_/, 'wasi-sockets'],
  [/^wasi_(snapshot_preview1|unstable) /, 'wasi-preview-1'],
  [/^wasi/, 'wasi-other'],
  [/^(__wbindgen|wbg |\S*_bg\.js )/, 'wasm-bindgen'],
  [/^(go|gojs) |^env (syscall\/js|runtime)\./, 'go-js'],
  [
    /^env (_?emscripten_|__syscall|invoke_|__cxa_|_?abort_js|__assert_fail|setTempRet0|getTempRet0|__memory_base|__table_base)/,
    'emscripten',
  ],
  [/^(a|env) [A-Za-z]$|^GOT\./, 'emscripten'],
  [/^env (abort|trace|seed|(console|Date|Math|process|crypto)\.\S*)$/, 'assemblyscript'],
  [/^(wasm:|WebAssembly )/, 'js-builtin'],
];

function seemsOf(module: string, name: string): ImportOrigin {
  return firstMatch(originRules, `${module} ${name}`) ?? 'host-function';
}

const sentences: Readonly<Record<Exclude<ImportOrigin, 'host-function' | 'wasi-other'>, string>> = {
  extism:
    'The Extism runtime has no such function: the plug-in may be built with a newer PDK, or the name is misspelt.',
  'wasi-preview-1':
    'WASI preview 1 has no such function: the plug-in may be built for a later WASI, or the name is misspelt.',
  'wasi-sockets':
    'It is a socket function that WasmEdge adds to WASI preview 1, and plug-ins have no sockets: make HTTP requests through the PDK, or call a host function of the app.',
  'pre-1-0': 'It is from Extism before 1.0: rebuild the plug-in with a PDK of version 1.0 or later.',
  'wasm-bindgen':
    'It comes from wasm-bindgen, which needs its own JavaScript: build for wasm32-wasip1 or leave out crates made for web pages.',
  emscripten:
    'It comes from Emscripten, which needs its own JavaScript: build with -sSTANDALONE_WASM, or with the WASI SDK.',
  'go-js': 'It comes from Go for web pages: build with GOOS=wasip1, or with TinyGo for wasip1.',
  assemblyscript:
    'It comes from the AssemblyScript standard library, which needs its loader: leave out what prints or asks the page.',
  'js-builtin': 'It is built into JavaScript engines for programs that belong to the page, and no plug-in gets it.',
};

/** Describes an unresolved import: what it seems to be, and what to do. */
export function describeMissingImport(wanted: WantedImport): MissingImport {
  const { module, name } = wanted;
  const seems = seemsOf(module, name);
  return { ...wanted, seems, sentence: sentenceFor(seems, wanted) };
}

function sentenceFor(seems: ImportOrigin, { module, name, kind }: WantedImport): string {
  if (seems === 'wasi-other') {
    return `It belongs to ${wasiVersion(module)}, and plug-ins are built for WASI preview 1: build for wasm32-wasip1.`;
  }
  if (seems !== 'host-function') return sentences[seems];
  if (kind !== 'function')
    return `No linked module is named ${quote(module)} and exports that ${kind}: add it to the manifest.`;
  const key = module === userNamespace ? quote(name) : `${quote(name)} of module ${quote(module)}`;
  return `It seems to be a host function: give ${key} to the plug-in in \`functions\`, or link a module that exports it.`;
}

function wasiVersion(module: string): string {
  if (module.startsWith('wasix')) return 'WASIX';
  return module.startsWith('wasi:') ? 'WASI preview 2 or later' : 'another WASI';
}

function quote(text: string): string {
  return `"${text.slice(0, 80)}"`;
}

function firstMatch<Word>(rules: readonly Rule<Word>[], text: string): Word | undefined {
  return rules.find(([pattern]) => pattern.test(text))?.[1];
}
