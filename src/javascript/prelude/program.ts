/** The type of a parameter or result of a host function. */
export type HostValueType = 'I32' | 'I64' | 'F32' | 'F64';

/** The signature of a host function of `extism:host/user`. */
export interface HostSignature {
  readonly params: readonly HostValueType[];
  readonly result: HostValueType | null;
}

/** What the prelude knows about a program: the record `program.json`. */
export interface ProgramInfo {
  /** The name of the first module. */
  readonly main: string;
  /** The names of the exports, by the index that `start` is called with. */
  readonly exports: readonly string[];
  /** For each module that CommonJS code or TypeScript was compiled to: its columns are not those of the author. */
  readonly withoutColumns: readonly string[];
  /** The modules that each import refers to, by importing module and specifier. */
  readonly imports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The host functions, whose place in the list is their index. */
  readonly hostFunctions: readonly (readonly [name: string, signature: HostSignature])[];
  /** Whether functions for HTTP follow the host functions: `http_request`, `http_status_code`, `http_headers`. */
  readonly usesHttp: boolean;
}

export const programRecord = 'program.json';
/** The names of the records that are no modules. No module has such a name, because names of files do not contain `<`. */
export const preludeRecord = '<prelude>';
export const platformRecord = '<platform>';
