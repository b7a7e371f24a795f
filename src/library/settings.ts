import { maxDescriptionChars, maxNameChars, maxValueChars, maxWordChars } from '../manifest/caps.js';
import { type ErrorIssue, PluginError } from '../contract/errors.js';

/** A value that the user set. */
export type SettingValue = string | number | boolean;

/** A setting as a form shows it. */
export interface Setting {
  readonly key: string;
  readonly type: 'string' | 'number' | 'integer' | 'boolean';
  readonly title: string;
  readonly description: string | null;
  /** Whether the value is never shown again, logged or exported. */
  readonly isSecret: boolean;
  readonly isRequired: boolean;
  readonly choices: readonly SettingValue[] | null;
  readonly fallback: SettingValue | null;
  /** The bounds of a number, or of the length of a string. */
  readonly min: number | null;
  readonly max: number | null;
}

export type SettingsSchema = readonly Setting[];

const types = ['string', 'number', 'integer', 'boolean'] as const;
const maxSettings = 100;
const maxChoices = 100;

/**
 * Reads a manifest's `plugin.settings`: a JSON Schema of one object whose properties are strings, numbers, integers,
 * booleans, or one of an `enum`. `writeOnly: true` or `format: "password"` makes a secret.
 * @throws PluginError `invalid-manifest`; `issues` lists every fault
 */
export function readSettings(schema: unknown): SettingsSchema {
  const { properties, required } = object(schema);
  const issues: ErrorIssue[] = [];
  const needed = new Set(Array.isArray(required) ? required : []);
  const entries = Object.entries(object(properties));
  if (entries.length > maxSettings)
    issues.push({
      path: 'plugin.settings',
      message: `expected at most ${maxSettings} settings, found ${entries.length}`,
    });
  const settings = entries.slice(0, maxSettings).map(([key, property]) => {
    const fault = (message: string): void =>
      void issues.push({ path: `plugin.settings.properties.${key.slice(0, maxWordChars)}`, message });
    return readSetting(key, object(property), needed.has(key), fault);
  });
  if (issues.length === 0) return settings;
  throw new PluginError('invalid-manifest', {
    message: `Invalid settings in the manifest: ${issues.map(({ path, message }) => `${path}: ${message}`).join('; ')}`,
    where: 'plugin.settings',
    issues,
  });
}

function readSetting(
  key: string,
  property: Readonly<Record<string, unknown>>,
  isRequired: boolean,
  fault: (message: string) => void,
): Setting {
  if (key.length > maxWordChars) fault(`expected a key of at most ${maxWordChars} characters, found ${key.length}`);
  const choices = Array.isArray(property['enum']) ? property['enum'].filter(isValue) : null;
  if (choices !== null && choices.length > maxChoices)
    fault(`expected at most ${maxChoices} choices, found ${choices.length}`);
  const longest = Math.max(charsOf(property['default']), ...(choices ?? []).slice(0, maxChoices).map(charsOf));
  if (longest > maxValueChars)
    fault(`expected choices and a default of at most ${maxValueChars} characters, found ${longest}`);
  const type = types.find((known) => known === (property['type'] ?? (choices === null ? '' : 'string')));
  if (type === undefined) fault(`expected a type of ${types.join(', ')}`);
  const bound = (word: string): number | null => {
    const value = property[type === 'string' ? `${word}Length` : `${word}imum`];
    return typeof value === 'number' ? value : null;
  };
  const setting: Setting = {
    key,
    type: type ?? 'string',
    title: text(property['title'], maxNameChars, (message) => fault(`title: ${message}`)) ?? key,
    description: text(property['description'], maxDescriptionChars, (message) => fault(`description: ${message}`)),
    isSecret: property['writeOnly'] === true || property['format'] === 'password',
    isRequired,
    choices,
    fallback: isValue(property['default']) ? property['default'] : null,
    min: bound('min'),
    max: bound('max'),
  };
  if (setting.fallback !== null && faultOf(setting, setting.fallback) !== null)
    fault('expected a default that the setting allows');
  return setting;
}

/** Returns settings for keys that no manifest describes. Any of them may be a secret. */
export function freeSettings(keys: readonly string[]): SettingsSchema {
  const short = [...new Set(keys)].filter((key) => key.length <= maxWordChars);
  return short.slice(0, maxSettings).map((key) => ({
    key,
    type: 'string',
    title: key,
    description: null,
    isSecret: true,
    isRequired: false,
    choices: null,
    fallback: null,
    min: null,
    max: maxValueChars,
  }));
}

/**
 * Checks values that the user set. Null resets a setting.
 * @throws PluginError `setting-invalid`
 */
export function checkSettings(
  schema: SettingsSchema,
  values: Readonly<Record<string, SettingValue | null>>,
): Map<string, SettingValue | null> {
  const issues: ErrorIssue[] = [];
  const checked = new Map<string, SettingValue | null>();
  for (const [key, value] of Object.entries(values)) {
    const setting = schema.find((one) => one.key === key);
    const fault =
      setting === undefined ? 'the plug-in has no such setting' : value === null ? null : faultOf(setting, value);
    if (fault !== null) issues.push({ path: key, message: fault });
    else checked.set(key, value);
  }
  if (issues.length === 0) return checked;
  throw new PluginError('setting-invalid', {
    message: `Invalid settings: ${issues.map(({ path, message }) => `${path}: ${message}`).join('; ')}`,
    where: issues[0]?.path,
    issues,
  });
}

function faultOf({ type, choices, min, max }: Setting, value: unknown): string | null {
  const wanted = type === 'integer' ? 'number' : type;
  if (typeof value !== wanted) return `expected a ${wanted}, found ${typeof value}`;
  if (type === 'integer' && !Number.isInteger(value)) return 'expected a whole number';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'expected a finite number';
  if (choices !== null && !choices.includes(value as SettingValue)) return `expected one of ${choices.join(', ')}`;
  const size = typeof value === 'string' ? value.length : typeof value === 'number' ? value : 0;
  const unit = type === 'string' ? ' characters' : '';
  if (min !== null && size < min) return `expected at least ${min}${unit}, found ${size}`;
  return max !== null && size > max ? `expected at most ${max}${unit}, found ${size}` : null;
}

/** Returns the plug-in's config: the values that the user set, else the defaults. */
export function toConfig(schema: SettingsSchema, values: ReadonlyMap<string, SettingValue>): Record<string, string> {
  const config: Record<string, string> = Object.create(null);
  for (const { key, fallback } of schema) {
    const value = values.get(key) ?? fallback;
    if (value !== null) config[key] = String(value);
  }
  // A manifest's config must be a plain object. After the spread, a key `__proto__` is still an own property.
  return { ...config };
}

/** Returns a function that masks the values of secret settings in a log line. */
export function redactor(
  schema: SettingsSchema,
  values: ReadonlyMap<string, SettingValue>,
): (message: string) => string {
  const secrets = schema
    .filter(({ isSecret }) => isSecret)
    .map(({ key }) => String(values.get(key) ?? ''))
    // Masking shorter values would make every line unreadable.
    .filter((secret) => secret.length >= 4);
  return (message) => secrets.reduce((line, secret) => line.replaceAll(secret, '\u2022\u2022\u2022\u2022'), message);
}

function isValue(value: unknown): value is SettingValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function text(value: unknown, maxLength: number, fault: (message: string) => void): string | null {
  if (typeof value !== 'string' || value === '') return null;
  if (value.length <= maxLength) return value;
  fault(`expected at most ${maxLength} characters, found ${value.length}`);
  return null;
}

function charsOf(value: unknown): number {
  return typeof value === 'string' ? value.length : 0;
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
