import { type ProgramInfo, platformRecord, preludeRecord, programRecord } from './prelude/program.js';

/** A module of the program: what QuickJS evaluates, by its name. */
export interface ProgramModule {
  readonly name: string;
  readonly text: string;
}

/** Returns the records that the engine reads: the length of the name, the length of the text, the name, the text. */
export function programBytes(
  { preludeText, platformText }: { readonly preludeText: string; readonly platformText: string },
  info: ProgramInfo,
  modules: readonly ProgramModule[],
): Uint8Array<ArrayBuffer> {
  const records = [
    { name: preludeRecord, text: preludeText },
    { name: programRecord, text: JSON.stringify(info) },
    ...modules,
    { name: platformRecord, text: platformText },
  ];
  const encoder = new TextEncoder();
  const parts = records.map(({ name, text }) => ({ name: encoder.encode(name), text: encoder.encode(text) }));
  const bytes = new Uint8Array(parts.reduce((sum, { name, text }) => sum + 8 + name.length + text.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { name, text } of parts) {
    view.setUint32(at, name.length, true);
    view.setUint32(at + 4, text.length, true);
    bytes.set(name, at + 8);
    bytes.set(text, at + 8 + name.length);
    at += 8 + name.length + text.length;
  }
  return bytes;
}
