import type { ConsentAnswer, ConsentRequest } from '../library/permissions/consent.js';
import type { Library } from '../library/library.js';
import type { InstallSource } from '../library/install/read-source.js';
import { PluginConsent } from './plugin-consent.js';
import { PluginFiles } from './plugin-files.js';
import { PluginIcon } from './plugin-icon.js';
import { PluginInspector } from './plugin-inspector.js';
import { PluginList } from './plugin-list.js';
import { PluginLog } from './plugin-log.js';
import { PluginSettings } from './plugin-settings.js';
import { PluginUpload } from './plugin-upload.js';

const elements: readonly (readonly [name: string, element: CustomElementConstructor])[] = [
  ['plugin-upload', PluginUpload],
  ['plugin-consent', PluginConsent],
  ['plugin-list', PluginList],
  ['plugin-settings', PluginSettings],
  ['plugin-files', PluginFiles],
  ['plugin-icon', PluginIcon],
  ['plugin-inspector', PluginInspector],
  ['plugin-log', PluginLog],
];
// Another copy of the package may have defined the elements already.
for (const [name, element] of elements)
  if (customElements.get(name) === undefined) customElements.define(name, element);

/** An element that shows a part of a library. */
export interface LibraryElementApi extends HTMLElement {
  library: Library | null;
}

/** `<plugin-upload>`: dispatches `installed` with the plug-in as its detail. */
export interface PluginUploadElement extends LibraryElementApi {
  install(source: InstallSource): Promise<void>;
}

/** `<plugin-consent>`: asks which rights a plug-in gets. */
export interface PluginConsentElement extends HTMLElement {
  ask(request: ConsentRequest): Promise<ConsentAnswer>;
}

/** `<plugin-settings>`, `<plugin-inspector>`, `<plugin-icon>` and `<plugin-log>`: show one plug-in. */
export interface OnePluginElement extends LibraryElementApi {
  pluginId: string | null;
}

/** `<plugin-files>`: reads the files again when the library changes, and on `refresh()`. */
export interface PluginFilesElement extends OnePluginElement {
  refresh(): Promise<void>;
}

export { type ElementStrings, englishStrings } from './strings.js';
export { setStrings } from './string-table.js';

declare global {
  interface HTMLElementTagNameMap {
    'plugin-upload': PluginUploadElement;
    'plugin-consent': PluginConsentElement;
    'plugin-list': LibraryElementApi;
    'plugin-settings': OnePluginElement;
    'plugin-files': PluginFilesElement;
    'plugin-icon': OnePluginElement;
    'plugin-inspector': OnePluginElement;
    'plugin-log': OnePluginElement;
  }
}
