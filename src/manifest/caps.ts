import type { JsonLimits } from './json-limits.js';

/*
 * The largest sizes of what a manifest contains. They bound the time that a hostile manifest takes, and what the user is shown.
 * Lengths are in UTF-16 code units.
 */

export const maxIdChars = 128;
export const maxNameChars = 120;
export const maxAuthorChars = 120;
export const maxVersionChars = 100;
export const maxDescriptionChars = 2_000;
export const maxReasonChars = 500;
/** Names of modules, capabilities, engines and headers. */
export const maxWordChars = 128;
/** A choice or the default of a setting, which a form shows. */
export const maxValueChars = 1_000;
export const maxPathChars = 4_096;
export const maxKeyChars = 1_024;
export const maxHeaderChars = 8_192;
export const maxConfigChars = 1_048_576;
export const maxLinkChars = 2_048;
/** No engine fetches a longer URL than Chromium's 2 MiB. */
export const maxUrlChars = 2_097_152;
export const maxModules = 64;
export const maxPermissions = 100;
export const maxHosts = 1_000;
export const maxPaths = 100;
export const maxConfigKeys = 1_000;
export const maxHeaders = 100;
export const maxEngines = 100;

/**
 * An installed plug-in's config in all, and its manifest's text besides the modules inside it. The page keeps both for each version, and
 * sends the config to each new instance.
 */
export const maxInstalledConfigChars = 262_144;
export const maxInstalledManifestChars = 1_048_576;

/** The limits of a manifest's JSON text. The length leaves room for modules inside it, in base64. */
export const manifestJson: JsonLimits = { maxChars: 134_217_728, maxDepth: 64, maxValues: 20_000 };
/** Characters of a manifest's text besides the modules inside it. */
export const maxManifestChars = 16_777_216;
