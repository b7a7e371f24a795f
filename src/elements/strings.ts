import type { GuestLogLevel } from '../contract/abi.js';
import type { InstallProgress } from '../library/install/read-source.js';
import type { PublisherState } from '../library/permissions/consent.js';
import { describeRight } from '../library/permissions/describe-right.js';
import type { RightDecision } from '../library/permissions/rights.js';
import type { RightKind } from '../library/storage/record.js';
import type { QuarantineState } from '../library/view.js';
import type { HostNote } from './host-note.js';
import { sizeText } from './size-text.js';
import type { Capability } from '../wasm/inspect.js';

/** A text made of values. They are plain text, never markup; names and reasons in them are the plug-in author's. */
export type TextOf<Values> = (values: Readonly<Values>) => string;

/** Every text that the elements show or give to assistive technology. Replaced by `setStrings`. */
export interface ElementStrings {
  // What several elements share.
  readonly size: TextOf<{ bytes: number }>;
  readonly shortHash: TextOf<{ sha256: string }>;
  /** `at` is milliseconds since the epoch. */
  readonly date: TextOf<{ at: number }>;
  readonly time: TextOf<{ at: number }>;
  readonly list: TextOf<{ items: readonly string[] }>;
  readonly version: TextOf<{ version: string | null }>;
  /** `code` is null for what is no `PluginError`; `fix` is empty where nothing is known to help. */
  readonly error: TextOf<{ code: string | null; message: string; fix: string }>;
  /** What a plug-in can do with one right. */
  readonly right: TextOf<{ kind: RightKind; value: string }>;
  /** What an import lets a plug-in do. */
  readonly capability: TextOf<{ capability: Capability }>;
  readonly decision: TextOf<{ decision: RightDecision }>;

  // <plugin-upload>
  readonly uploadChooseFile: string;
  readonly uploadHint: string;
  readonly uploadFileLabel: string;
  readonly uploadAddressLabel: string;
  readonly uploadAddressPlaceholder: string;
  readonly uploadAddress: string;
  readonly uploadProgressLabel: string;
  readonly uploadProgress: TextOf<{ step: InstallProgress['step']; size: string | null; totalSize: string | null }>;
  readonly uploadStop: string;
  readonly uploadInstalled: TextOf<{ name: string }>;
  readonly uploadCancelled: string;

  // <plugin-consent>
  readonly consentInstallTitle: TextOf<{ name: string; version: string | null }>;
  readonly consentUpdateTitle: TextOf<{ name: string; from: string | null; to: string | null }>;
  readonly consentDowngradeTitle: TextOf<{ name: string; from: string | null; to: string | null }>;
  readonly consentDowngradeNotice: string;
  /** The new version has another name. */
  readonly consentRenamed: TextOf<{ from: string; to: string }>;
  /** `from` is a URL or a file's name. `isNewer`: the installed plug-in is newer. */
  readonly consentReplaceQuestion: TextOf<{ name: string; version: string | null; from: string; isNewer: boolean }>;
  readonly consentReplaceNo: string;
  readonly consentReplaceYes: string;
  /** `host`: null for a right that is no host. */
  readonly consentRunTitle: TextOf<{ name: string; host: string | null }>;
  /** `points` is the list of the app's extension points, or null for none. */
  readonly consentRunIntro: TextOf<{ points: string | null }>;
  readonly consentOrigin: TextOf<{ author: string | null; source: string; size: string }>;
  readonly consentPoints: TextOf<{ points: string }>;
  readonly consentPublisher: TextOf<{ state: PublisherState }>;
  readonly consentRights: string;
  readonly consentNewRights: string;
  readonly consentNoRights: string;
  readonly consentNoNewRights: string;
  readonly consentDroppedRights: TextOf<{ rights: string }>;
  readonly consentUnusedRights: TextOf<{ rights: string }>;
  readonly consentHostsWhenNeeded: string;
  readonly consentHostNote: TextOf<{ note: HostNote }>;
  /** Follows the name that an author wrote for a feature of the app. */
  readonly consentFeature: string;
  readonly consentFullTexts: string;
  readonly consentReason: TextOf<{ reason: string | null }>;
  readonly consentCapabilities: string;
  readonly consentDeny: string;
  readonly consentAllowOnce: string;
  readonly consentAllowOnPage: string;
  readonly consentAllow: string;
  readonly consentInstall: string;
  readonly consentDoNotInstall: string;
  readonly consentUpdate: string;
  readonly consentDoNotUpdate: string;
  readonly consentDowngrade: string;

  // <plugin-list>
  readonly listEmpty: string;
  readonly listSwitchLabel: TextOf<{ name: string }>;
  readonly listOn: string;
  readonly listOff: string;
  readonly listTurnedOn: TextOf<{ name: string }>;
  readonly listTurnedOff: TextOf<{ name: string }>;
  readonly listBlocked: string;
  readonly listDisabled: TextOf<{ reason: string }>;
  readonly listQuarantine: TextOf<{ state: QuarantineState }>;
  readonly listManage: TextOf<{ name: string }>;
  readonly listRights: string;
  readonly listRightLabel: TextOf<{ name: string; right: string }>;
  readonly listRightSaved: TextOf<{ right: string; decision: string }>;
  readonly listUpdate: string;
  readonly listUpdateFromFile: string;
  readonly listUpdateFileLabel: TextOf<{ name: string }>;
  readonly listUpdated: TextOf<{ name: string }>;
  readonly listRollBack: TextOf<{ version: string | null }>;
  readonly listRolledBack: TextOf<{ name: string; version: string | null }>;
  readonly listExport: string;
  readonly listExported: TextOf<{ name: string }>;
  readonly listRunEarlier: string;
  readonly listRunLater: string;
  /** `position` counts from 1. */
  readonly listMoved: TextOf<{ name: string; position: number; count: number }>;
  readonly listRemove: string;
  readonly listRemoveLabel: TextOf<{ name: string }>;
  readonly listRemoveQuestion: TextOf<{ name: string }>;
  readonly listKeep: string;
  readonly listRemoveConfirm: string;
  readonly listRemoved: TextOf<{ name: string }>;

  // <plugin-settings>
  readonly settingsTitle: string;
  readonly settingsEmpty: string;
  readonly settingsSecretPlaceholder: string;
  readonly settingsFault: TextOf<{ title: string; message: string }>;
  readonly settingsSave: string;
  readonly settingsSaved: string;

  // <plugin-files>
  readonly filesTitle: string;
  readonly filesEmpty: string;
  readonly filesRemove: string;
  readonly filesRemoveLabel: TextOf<{ path: string }>;
  readonly filesRemoveAll: TextOf<{ count: number; size: string }>;
  readonly filesRemoved: TextOf<{ path: string }>;
  readonly filesAllRemoved: TextOf<{ count: number }>;

  // <plugin-inspector>
  readonly inspectorTitle: string;
  readonly inspectorVersion: string;
  readonly inspectorInstalled: TextOf<{ version: string; date: string }>;
  readonly inspectorAuthor: string;
  readonly inspectorAuthorClaim: TextOf<{ author: string }>;
  readonly inspectorHomepage: string;
  readonly inspectorSource: string;
  readonly inspectorPublisher: string;
  readonly inspectorUnsigned: string;
  readonly inspectorFunctions: string;
  readonly inspectorNoFunctions: string;
  readonly inspectorMoreFunctions: TextOf<{ count: number }>;
  readonly inspectorCapabilities: string;
  readonly inspectorNoCapabilities: string;
  readonly inspectorModules: string;
  readonly inspectorModuleName: TextOf<{ name: string | null }>;
  readonly inspectorCopyHash: string;
  readonly inspectorCopyHashLabel: TextOf<{ name: string }>;
  readonly inspectorCopied: string;

  // <plugin-log>
  readonly logLabel: string;
  readonly logFilterLabel: string;
  readonly logFilterPlaceholder: string;
  readonly logLevelsLabel: string;
  readonly logLevel: TextOf<{ level: GuestLogLevel }>;
  readonly logNewest: string;
  readonly logClear: string;
  readonly logEmpty: string;
  readonly logNoMatch: string;
  /** `reason` says why a request failed; `status` is null where no answer came. */
  readonly logRequest: TextOf<{
    method: string;
    url: string;
    status: number | null;
    size: string;
    ms: number;
    reason: string | null;
  }>;
  readonly logFailure: TextOf<{ point: string; message: string }>;
}

/** Returns `text` with a capital letter and a full stop. */
function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?:]$/u.test(capital) ? capital : `${capital}.`;
}

const capabilities: Readonly<Record<Capability, string>> = {
  kernel: 'Read its input and return an output',
  config: 'Read its settings',
  vars: 'Store values between calls',
  logs: 'Write to its log',
  http: 'Send requests to hosts that you allow',
  'host-functions': 'Call functions of this app',
  clock: 'Read the time',
  random: 'Get random numbers',
  files: 'Use files in folders that you allow',
  environment: 'Read arguments and environment variables',
  stdio: 'Write text output',
  sockets: 'Ask for network sockets, which are not available',
  process: 'Exit, or wait',
  abort: 'Stop with an error message',
  linked: 'Use its other modules',
  foreign: 'Ask for functions of another host, which are not available',
};

const decisions: Readonly<Record<RightDecision, string>> = {
  deny: 'Not allowed',
  ask: 'Ask when needed',
  once: 'Allowed once',
  page: 'Allowed until this page closes',
  always: 'Allowed',
};

const hostNotes: Readonly<Record<HostNote, string>> = {
  local: 'This host is on your own device or network. Allow it only if you know why.',
  own: 'This is the host of this app. Allow it only if you know why.',
  letters: 'This address is written with letters of other alphabets. It may look like another one.',
};

const publishers: Readonly<Record<PublisherState, string>> = {
  unsigned: 'Not signed. The author is not verified.',
  new: 'Signed by a publisher that you have not used before. Updates must have the same signature key.',
  same: 'Signed by the same publisher as the installed version.',
  changed: 'Signed by a different publisher than the installed version. Update only if you know why.',
  dropped: 'Not signed, but the installed version is. Update only if you know why.',
};

const quarantines: Readonly<Record<QuarantineState, string>> = {
  disabled: 'Turned off: the page crashed while it ran. It may not be the cause.',
  blocked:
    'Blocked: the page crashed twice in a row while it ran. Update it, go back to its previous version or remove it.',
};

const steps: Readonly<Record<InstallProgress['step'], string>> = {
  reading: 'Reading',
  unpacking: 'Unpacking',
  checking: 'Checking',
  asking: 'Waiting for your answer',
  saving: 'Saving',
};

function withVersion(name: string, version: string | null): string {
  return version === null ? name : `${name} ${version}`;
}

function updateTitle(name: string, from: string | null, to: string | null): string {
  return `Update ${name}${from === null ? '' : ` from ${from}`}${to === null ? '' : ` to ${to}`}?`;
}

/** The English texts, which hold until `setStrings` replaces them. */
export const englishStrings: ElementStrings = {
  size: ({ bytes }) => sizeText(bytes),
  shortHash: ({ sha256 }) => `${sha256.slice(0, 8)}\u2026${sha256.slice(-8)}`,
  date: ({ at }) => new Date(at).toLocaleDateString(),
  time: ({ at }) => new Date(at).toLocaleTimeString(),
  list: ({ items }) => items.join(', '),
  version: ({ version }) => version ?? 'no version',
  error: ({ message, fix }) => [sentence(message), fix].join(' ').trim(),
  right: (right) => describeRight(right),
  capability: ({ capability }) => capabilities[capability],
  decision: ({ decision }) => decisions[decision],

  uploadChooseFile: 'Choose a file',
  uploadHint: 'or drop or paste one here: .wasm, .js, .ts, .zip or a manifest',
  uploadFileLabel: 'Plug-in file',
  uploadAddressLabel: 'Address of a plug-in',
  uploadAddressPlaceholder: 'https://\u2026',
  uploadAddress: 'Add from address',
  uploadProgressLabel: 'Installing',
  uploadProgress: ({ step, size, totalSize }) =>
    `${steps[step]}${size === null ? '' : `, ${size}`}${totalSize === null ? '' : ` of ${totalSize}`}`,
  uploadStop: 'Stop',
  uploadInstalled: ({ name }) => `${name} is installed.`,
  uploadCancelled: 'Nothing was installed.',

  consentInstallTitle: ({ name, version }) => `Add ${withVersion(name, version)}?`,
  consentUpdateTitle: ({ name, from, to }) => updateTitle(name, from, to),
  consentDowngradeTitle: ({ name, from, to }) =>
    `Install an older version of ${name}${to === null ? '' : `: ${to}`}${from === null ? '' : ` instead of ${from}`}?`,
  consentDowngradeNotice: 'It may have faults that the installed version does not have. Continue only if you know why.',
  consentRenamed: ({ from, to }) => `The installed version is named ${from}. This version is named ${to}.`,
  consentReplaceQuestion: ({ name, version, from, isNewer }) =>
    `Replace ${withVersion(name, version)} (installed from ${from})?${isNewer ? ' The installed version is newer.' : ''}`,
  consentReplaceNo: 'No, add it as another plug-in',
  consentReplaceYes: 'Yes. It gets the settings and stored data, but no secrets and permissions',
  consentRunTitle: ({ name, host }) =>
    host === null ? `Give ${name} this permission?` : `Allow ${name} to connect to ${host}?`,
  consentRunIntro: ({ points }) =>
    `The plug-in tried to connect${points === null ? '' : ` while it ran at ${points}`} and was refused. Your answer applies from its next call.`,
  consentOrigin: ({ author, source, size }) =>
    `${author === null ? '' : `Author, not verified: ${author}. `}From ${source}, ${size}.`,
  consentPoints: ({ points }) => `Runs at: ${points}.`,
  consentPublisher: ({ state }) => publishers[state],
  consentRights: 'It asks to',
  consentNewRights: 'New in this version, it asks to',
  consentNoRights: 'It asks for no access to the network, to files or to this app.',
  consentNoNewRights: 'It asks for no new access.',
  consentDroppedRights: ({ rights: dropped }) => `It no longer asks to: ${dropped}.`,
  consentUnusedRights: ({ rights: unused }) => `Its code cannot do this, so it is not granted: ${unused}.`,
  consentHostsWhenNeeded: 'You are asked for each site that it wants to connect to, when it needs it.',
  consentHostNote: ({ note }) => hostNotes[note],
  consentFeature: 'Use a feature of this app, which the author calls:',
  consentFullTexts: 'Full texts of the author',
  consentReason: ({ reason }) =>
    reason === null ? 'The author states no reason.' : `Reason given by the author: “${reason}”`,
  consentCapabilities: 'What its code can do',
  consentDeny: 'Do not allow',
  consentAllowOnce: 'Allow once',
  consentAllowOnPage: 'Allow until I close this page',
  consentAllow: 'Allow',
  consentInstall: 'Add',
  consentDoNotInstall: 'Do not add',
  consentUpdate: 'Update',
  consentDoNotUpdate: 'Do not update',
  consentDowngrade: 'Install the older version',

  listEmpty: 'No plug-ins yet. Plug-ins that you add are stored on this device and work offline.',
  listSwitchLabel: ({ name }) => `${name} is on`,
  listOn: 'On',
  listOff: 'Off',
  listTurnedOn: ({ name }) => `${name} is on.`,
  listTurnedOff: ({ name }) => `${name} is off.`,
  listBlocked: 'Blocked by this app. It does not run.',
  listDisabled: ({ reason }) => `Turned off: ${reason}`,
  listQuarantine: ({ state }) => quarantines[state],
  listManage: ({ name }) => `Manage ${name}`,
  listRights: 'Permissions',
  listRightLabel: ({ name, right }) => `${name}: ${right}`,
  listRightSaved: ({ right, decision }) => `${right}: ${decision}.`,
  listUpdate: 'Update',
  listUpdateFromFile: 'Update from a file',
  listUpdateFileLabel: ({ name }) => `New version of ${name}`,
  listUpdated: ({ name }) => `${name} is up to date.`,
  listRollBack: ({ version }) => `Go back to ${version ?? 'the previous version'}`,
  listRolledBack: ({ name, version }) => `${name} is back at ${version ?? 'the previous version'}.`,
  listExport: 'Save a copy',
  listExported: ({ name }) => `A copy of ${name} is saved.`,
  listRunEarlier: 'Run earlier',
  listRunLater: 'Run later',
  listMoved: ({ name, position, count }) => `${name} now runs at position ${position} of ${count}.`,
  listRemove: 'Remove',
  listRemoveLabel: ({ name }) => `Remove ${name}`,
  listRemoveQuestion: ({ name }) => `Remove ${name} with its settings and data?`,
  listKeep: 'Keep it',
  listRemoveConfirm: 'Remove it',
  listRemoved: ({ name }) => `${name} is removed.`,

  settingsTitle: 'Settings',
  settingsEmpty: 'This plug-in has no settings.',
  settingsSecretPlaceholder: 'Set. Leave empty to keep it.',
  settingsFault: ({ message }) => sentence(message),
  settingsSave: 'Save settings',
  settingsSaved: 'Saved.',

  filesTitle: 'Stored files',
  filesEmpty: 'No files yet. Files that the plug-in writes appear here.',
  filesRemove: 'Remove',
  filesRemoveLabel: ({ path }) => `Remove ${path}`,
  filesRemoveAll: ({ count, size }) => `Remove all ${count} files, ${size}`,
  filesRemoved: ({ path }) => `${path} is removed.`,
  filesAllRemoved: ({ count }) => (count === 1 ? '1 file is removed.' : `${count} files are removed.`),

  inspectorTitle: 'Details',
  inspectorVersion: 'Version',
  inspectorInstalled: ({ version, date }) => `${version}, installed ${date}`,
  inspectorAuthor: 'Author',
  inspectorAuthorClaim: ({ author }) => `${author} (not verified)`,
  inspectorHomepage: 'Website',
  inspectorSource: 'Source',
  inspectorPublisher: 'Publisher',
  inspectorUnsigned: 'Not signed',
  inspectorFunctions: 'Functions',
  inspectorNoFunctions: 'None',
  inspectorMoreFunctions: ({ count }) => `${count} more`,
  inspectorCapabilities: 'Its code can',
  inspectorNoCapabilities: 'Only compute',
  inspectorModules: 'Modules',
  inspectorModuleName: ({ name }) => name ?? 'module',
  inspectorCopyHash: 'Copy hash',
  inspectorCopyHashLabel: ({ name }) => `Copy hash of ${name}`,
  inspectorCopied: 'Copied.',

  logLabel: 'Log',
  logFilterLabel: 'Show lines that contain',
  logFilterPlaceholder: 'Filter',
  logLevelsLabel: 'Lowest level shown',
  logLevel: ({ level }) => level,
  logNewest: 'Go to the newest line',
  logClear: 'Clear',
  logEmpty: 'No log lines yet.',
  logNoMatch: 'No line matches the filter.',
  logRequest: ({ method, url, status, size, ms, reason }) =>
    `${method} ${url}: ${reason ?? `${status ?? 'no answer'}, ${size}, ${Math.round(ms)} ms`}`,
  logFailure: ({ point, message }) => `${point}: ${message}`,
};
