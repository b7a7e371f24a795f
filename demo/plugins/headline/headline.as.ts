// Makes a headline of its input, with the help of a second module: both are linked into one plug-in by its manifest.
import { Host } from '@extism/as-pdk';
import '../abort.as';
import { readText, writeText } from '../text-blocks.as';

@external('upper-case', 'upper_case')
declare function upper_case(text: u64): u64;

export function headline(): i32 {
  const text = readText(upper_case(writeText(Host.inputString().trim())));
  const line = '='.repeat(text.length);
  Host.output(Uint8Array.wrap(String.UTF8.encode(line + '\n' + text + '\n' + line)));
  return 0;
}
