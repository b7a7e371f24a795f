import type { Capability, ErrorCode, ModuleInspection, RequestEvent } from 'tenon';
import { showCount, showDuration, showNumber, showSize } from './format.js';

/** What an import lets a plug-in do, for whoever decides whether to run it. */
const capabilities: Readonly<Record<Capability, string>> = {
  kernel: 'Reads its input and returns an output or an error',
  config: 'Reads its settings',
  vars: 'Stores values between calls',
  logs: 'Writes to the log',
  http: 'Sends requests to allowed hosts',
  'host-functions': 'Calls functions of this page',
  clock: 'Reads the clock',
  random: 'Gets random numbers',
  files: 'Uses files in allowed folders',
  environment: 'Reads arguments and environment variables',
  stdio: 'Reads and writes its standard streams',
  sockets: 'Asks for network sockets',
  process: 'Exits, waits or yields',
  abort: 'Stops with an error message',
  linked: 'Uses another module of the same plug-in',
  foreign: 'Asks for functions of another host',
};

const origins: Readonly<Record<ModuleInspection['from'], string>> = {
  network: 'Network',
  cache: 'Browser cache',
  memory: 'Compiled earlier on this page',
  app: 'This page',
};

const producers = new Map([
  ['language', 'Language'],
  ['sdk', 'SDK'],
]);

/** Advice for the person at this page, where the error's own advice is for the author of an app. */
const advice = new Map<ErrorCode, string>([
  ['timeout', 'Raise the time limit beside Run, or open another plug-in.'],
  ['guest-error', 'This message comes from the plug-in. Check that the input is what it expects.'],
  ['guest-trap', 'This is a fault in the plug-in. Try another input, or report it to the author.'],
  ['guest-exit', 'The plug-in gave no reason. Check the log, or ask the author what the code means.'],
  ['fetch-failed', 'Check the address and your connection. The other server must allow this page to read it (CORS).'],
  ['http-status', 'Check the address.'],
  ['not-a-plugin', 'Open a file written by a plug-in toolchain, usually named .wasm.'],
  ['invalid-module', 'The file may be incomplete. Download or build it again.'],
  ['load-timeout', 'Remove the plug-in, or report it to the author.'],
]);

const failureTitles = new Map<ErrorCode, string>([
  ['guest-error', 'The plug-in reports an error'],
  ['guest-trap', 'The plug-in crashed'],
  ['guest-exit', 'The plug-in failed'],
  ['timeout', 'The time limit is reached'],
  ['aborted', 'Stopped'],
]);

function requestLine({ method, url, status, bytes, ms, reason }: RequestEvent): string {
  const request = `${method} ${url}`.trim();
  // The call fails with the reason, and the log shows that.
  if (reason !== null) return `${request} failed`;
  return `${request}: ${status ?? 'no answer'}, ${showSize(bytes)} in ${showDuration(ms)}`;
}

function countWithFailures(calls: number, failures: number, restarts: number): string {
  const failed = failures === 0 ? '' : `, ${showNumber(failures)} failed`;
  const restarted = restarts === 0 ? '' : `, ${showCount(restarts, 'restart')}`;
  return `${showNumber(calls)}${failed}${restarted}`;
}

/** Every text that the demo shows. Names and messages in them are plain text, never markup. */
export const strings = {
  /** What the HTML files name by `data-text` and `data-label`. */
  page: {
    playground: 'playground',
    playgroundLink: 'Playground',
    checkout: 'a checkout that runs your plug-ins',
    panes: 'Panes',
    plugins: 'Plug-ins',
    plugin: 'Plug-in',
    inspector: 'Inspector',
    inspectorAndLog: 'Inspector and log',
    dropHint: 'Drop the plug-in anywhere on this page',
    checkoutTitle: 'Checkout',
    checkoutIntro: 'Before the card is charged, every plug-in that is on receives the order, one after the other.',
    total: 'Total',
    charge: 'Charge the card',
    yourPlugins: 'Your plug-ins',
    noPluginAtHand: 'No plug-in at hand?',
    addExample: 'Add the discount example',
    log: 'Log',
  },
  splitters: {
    plugins: 'Width of the plug-ins',
    side: 'Width of the inspector and the log',
    inspector: 'Height of the inspector',
    input: 'Height of the input',
    size: (pixels: number) => `${pixels} pixels`,
  },
  tabs: {
    plugins: 'Plug-ins',
    work: 'Run',
    inspector: 'Inspector',
    log: 'Log',
    withCount: (label: string, count: number) => (count === 0 ? label : `${label} (${count})`),
  },
  copy: { copy: 'Copy', copied: 'Copied', failed: 'Not copied' },
  examples: {
    withLanguage: (description: string, language: string) => `${description} Written in ${language}.`,
    notLoaded: (reason: string) => `The examples did not load: ${reason}`,
    httpStatus: (status: number) => `the server answered plugins/index.json with status ${status}`,
  },
  list: {
    examples: 'Examples',
    own: 'Yours',
    noneYet: 'Plug-ins that you open are listed here and stored only in this browser.',
    storedFile: 'A file stored in this browser.',
    remove: 'Remove',
    removeLabel: (title: string) => `Remove ${title}`,
    removed: (title: string) => `Removed ${title}.`,
    replaced: (title: string) => `Replaced ${title}.`,
    undo: 'Undo',
    notStored: (title: string) => `${title} could not be stored in this browser for your next visit`,
  },
  opening: {
    chooseFile: 'Choose a file…',
    fileLabel: 'Plug-in files',
    hint: 'Or drop or paste a .wasm file anywhere on this page.',
    address: 'Open an address',
    addressPlaceholder: 'https://',
    addressRule: 'An address starts with https:// or is a path on this site.',
    open: 'Open',
  },
  session: {
    none: 'No plug-in',
    empty: 'No plug-in is open. Choose an example, or open a .wasm file of your own.',
    loading: (name: string) => `Reading ${name}.`,
    notLoaded: (name: string) => `${name} did not load`,
    notLoadedLog: (name: string, reason: string) => `${name} did not load: ${reason}`,
    ready: (name: string) => `${name} is ready.`,
    readyLog: (name: string, ms: number) => `${name} is ready after ${showDuration(ms)}`,
    readyAgain: (name: string) => `${name} is ready for the next call.`,
    restarted: (name: string) => `${name} was restarted: its memory is new, its vars are kept`,
    runIt: 'Run the function to see its output here.',
    noFunctions:
      'This plug-in exports no function that you can call. Plug-in functions take no parameters and return nothing or an exit code.',
    tryAgain: 'Try again',
    stopped: 'Stopped.',
    stoppedThen: (after: string) => `Stopped. ${after}`,
    returned: (name: string, bytes: number, ms: number) =>
      `${name} returned ${showSize(bytes)} in ${showDuration(ms)}.`,
    returnedLog: (name: string, inputBytes: number, bytes: number, ms: number) =>
      `${name} (${showSize(inputBytes)}) returned ${showSize(bytes)} in ${showDuration(ms)}`,
    failed: (name: string) => `${name} failed`,
    failedLog: (name: string, inputBytes: number, ms: number, reason: string) =>
      `${name} (${showSize(inputBytes)}) failed after ${showDuration(ms)}: ${reason}`,
    request: requestLine,
  },
  form: {
    function: 'Function',
    input: 'Input',
    inputAs: 'Input as',
    inputPlaceholder: 'Input for the function. It may be empty.',
    text: 'Text',
    json: 'JSON',
    run: 'Run',
    runTitle: 'Run (Ctrl+Enter)',
    stop: 'Stop',
    stopTitle: 'Stop (Escape)',
    limit: 'Time limit',
    limitUnit: 'ms',
    limitRule: 'The time limit is a whole number of milliseconds, from 1 to 600,000.',
    notJson: (reason: string) => `The input is not JSON (${reason}). Correct it, or send it as text.`,
  },
  busy: {
    timeUsed: (name: string) => `Time used by ${name}`,
    running: (name: string) => `Running ${name}: `,
    elapsed: (elapsedMs: number, limitMs: number) => `${showDuration(elapsedMs)} of ${showDuration(limitMs)}`,
    loadingLabel: (name: string) => `Loading ${name}`,
    opening: (name: string) => `Opening ${name}.`,
    compiling: (name: string, bytes: number) => `Compiling and starting ${name}: ${showSize(bytes)}.`,
    reading: (name: string, bytes: number, totalBytes: number | null) =>
      `Reading ${name}: ${showSize(bytes)}${totalBytes === null ? '' : ` of ${showSize(totalBytes)}`}.`,
  },
  output: {
    title: 'Output',
    layouts: 'Show output as',
    text: 'Text',
    json: 'JSON',
    hex: 'Hex',
    copy: 'Copy the output',
    save: 'Save',
    saveLabel: 'Save the output as a file',
    figures: (bytes: number, ms: number) => `${showSize(bytes)} in ${showDuration(ms)}`,
    fileFigures: (name: string, bytes: number) => `${name}, ${showSize(bytes)}`,
    inWorker: (ms: number) => `${showDuration(ms)} of it inside the worker`,
    empty: 'The function succeeded and returned no output.',
    moreBytes: (bytes: number) => `${showSize(bytes)} more.`,
    moreCharacters: (count: number) => `${showCount(count, 'more character')}.`,
    showAll: 'Show all',
    notJson: 'This output is not JSON, so it is shown as text.',
    notUtf8: 'This output is not UTF-8 text. Bytes that are not valid are shown as \uFFFD.',
  },
  failure: {
    title: (code: ErrorCode | null) => (code === null ? null : (failureTitles.get(code) ?? null)),
    advice: (code: ErrorCode) => advice.get(code) ?? null,
    where: 'Where',
    expected: 'Expected',
    found: 'Found',
    whatToDo: 'What to do',
    code: 'Code',
    more: (count: number) => `and ${showNumber(count)} more`,
    unresolvedImports: (count: number) =>
      `The plug-in needs ${showCount(count, 'import')} that this page does not provide:`,
  },
  files: {
    title: 'Files',
    empty: 'No files yet. Files that the plug-in writes appear here.',
    add: 'Add files…',
    save: 'Save all as zip',
    show: (path: string) => `Show ${path}`,
    link: 'link',
    changed: (size: string) => `${size}, changed`,
    more: (count: number) => `and ${showNumber(count)} more`,
    archiveName: (name: string) => `${name} files.zip`,
    notListed: 'The files could not be listed',
    notRead: (path: string) => `${path} could not be read`,
    notAdded: (name: string) => `${name} could not be added`,
    notPacked: 'The files could not be packed',
    because: (problem: string, reason: string) => `${problem}: ${reason}`,
  },
  inspector: {
    empty: 'The modules and capabilities of the open plug-in appear here.',
    loading: (name: string) => `${name} is loading.`,
    failed: 'The plug-in did not load, so there is nothing to inspect.',
    module: (name: string) => `Module ${name}`,
    size: 'Size',
    bytes: (bytes: number) => showCount(bytes, 'byte'),
    sha256: 'SHA-256',
    copyHash: 'Copy the SHA-256',
    memory: 'Memory',
    memoryPages: (initial: string, maximum: string | null) =>
      maximum === null ? initial : `${initial}, at most ${maximum}`,
    table: 'Table',
    entries: (count: number) => showCount(count, 'entry', 'entries'),
    producer: (field: string) => producers.get(field) ?? 'Made with',
    origin: 'Loaded from',
    originOf: (from: ModuleInspection['from'], isFile: boolean) =>
      isFile && from === 'network' ? 'A file stored in this browser' : origins[from],
    times: 'Times',
    read: 'Read',
    compile: 'Compile',
    start: 'Start',
    readyAfter: 'Ready after',
    cacheHit: 'Cache hit',
    yes: 'yes',
    no: 'no',
    lastCall: 'Last call',
    inWorker: 'In the worker',
    calls: 'Calls',
    callCount: countWithFailures,
    capabilities: 'What it can do',
    capability: (capability: Capability, count: number) => `${capabilities[capability]} (${count})`,
    noCapabilities: 'The plug-in has no imports, so it can only compute.',
    exports: (module: string | null, count: number) =>
      `${module === null ? 'Exports' : `Exports of ${module}`} (${count})`,
    exportOfKind: (name: string, kind: string) => `${name} (${kind})`,
    more: (count: number) => `and ${showNumber(count)} more`,
    settings: 'Settings',
  },
  log: {
    title: 'Log',
    levels: 'Levels shown',
    all: 'All levels',
    info: 'Info and up',
    warnings: 'Warnings and errors',
    clear: 'Clear',
    clearLabel: 'Clear the log',
    empty: 'Log lines and events of the plug-in appear here.',
    dropped: (dropped: number, kept: number) =>
      `${showCount(dropped, 'older line')} removed. The log keeps the last ${showNumber(kept)}.`,
  },
  shell: {
    onlineOnly: 'Online only',
    noServiceWorkers: 'This browser has no service workers.',
    developmentServer: 'Development server',
    notStored: (reason: string) => `This page could not be stored for offline use: ${reason}`,
    notStoredChanged: 'This page could not be stored for offline use. Its files changed meanwhile, or storage is full.',
    saving: 'Saving for offline use…',
    ready: 'Works offline',
    readyTitle: 'This page and its examples are stored in this browser.',
    offline: 'You are offline',
    offlineTitle: 'You are offline. All plug-ins listed here still work.',
    newVersion: 'A new version is ready.',
    oldVersion: 'This page is an older version.',
    reload: 'Reload',
  },
  checkout: {
    point: 'Before the card is charged',
    charged: (amount: string) => `${amount} charged.`,
    unchanged: (ms: number) => `No plug-in changed the total. ${showDuration(ms)}.`,
    reduced: (amount: string, ms: number) => `Plug-ins reduced the total by ${amount}. ${showDuration(ms)}.`,
    increased: (amount: string, ms: number) => `Plug-ins increased the total by ${amount}. ${showDuration(ms)}.`,
    orderRule: 'expected an amount of 0 or more',
  },
} as const;
