import { Library } from './library.js';
import type { LibraryOptions } from './library-options.js';

/** Creates a library of installed plug-ins. It opens its databases on first use. */
export function createLibrary(options: LibraryOptions): Library {
  return new Library(options);
}

export type {
  AllowingAnswer,
  Consent,
  ConsentAnswer,
  ConsentRequest,
  ConsentRight,
  PublisherState,
  Replaceable,
} from './permissions/consent.js';
export {
  defineExtensionPoint,
  type ExtensionPoint,
  type PointAnswer,
  type PointDefinition,
  type PointMode,
  type PointResult,
} from './run/extension-point.js';
export type { InstallOptions } from './install/install.js';
export type { Library } from './library.js';
export type {
  ChangeDetail,
  FailureDetail,
  LibraryEvents,
  LogDetail,
  QuarantineDetail,
  RequestDetail,
} from './library-events.js';
export type { LibraryLimits, LibraryOptions } from './library-options.js';
export type { OpenPlugin } from './run/open-plugin.js';
export type { InstallProgress, InstallSource } from './install/read-source.js';
export type { RightDecision } from './permissions/rights.js';
export type { RunOptions } from './run/run-point.js';
export type { SettingValue } from './settings.js';
// For publishers' tools: the bytes that a detached Ed25519 signature covers.
export { pluginStatement, type StatementParts } from './install/statement.js';
export type { StandardSchema } from '../contract/standard-schema.js';
export type { DamagedRecord } from './storage/store.js';
export type { StoredFile } from './storage/stored-files.js';
export type { AvailableUpdate, UpdateCheck } from './install/updates.js';
export type { InstalledPlugin, InstalledRight, InstalledSetting, QuarantineState } from './view.js';
// Not exported: the store and its records, so that their format can change.
