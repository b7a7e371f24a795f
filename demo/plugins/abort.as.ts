// What a failed assertion or a `throw` in an AssemblyScript plug-in calls (`--use abort=`), just before it traps:
// reports the reason to the host, instead of leaving it with a bare "unreachable". Without this the module would import `env.abort`.
import { Memory } from '@extism/as-pdk';
import { error_set } from '@extism/as-pdk/lib/env';

export function abort(message: string | null, fileName: string | null, line: u32, column: u32): void {
  const what = message === null ? 'aborted' : message;
  const where = (fileName === null ? '?' : fileName) + ':' + line.toString() + ':' + column.toString();
  error_set(Memory.allocateString(what + ' at ' + where).offset);
}
