import { describeThrown } from '../../contract/error-wire.js';
import { PluginError } from '../../contract/errors.js';
import { jsonFault } from '../../manifest/json-limits.js';
import type { ReadRequest } from '../../manifest/package-files.js';

/** Parses a plug-in's output. @throws PluginError `output-format` for other text than JSON, and beyond the limits */
export function parseJson({ bytes, maxDepth, maxValues }: Extract<ReadRequest, { do: 'json' }>): unknown {
  const text = new TextDecoder().decode(bytes);
  const fault = jsonFault(text, { maxChars: Infinity, maxDepth, maxValues });
  if (fault !== null) {
    throw new PluginError('output-format', {
      message: `The plug-in's output is too complex: ${fault}`,
      expected: `JSON of at most ${maxValues} values and ${maxDepth} levels`,
      fix: 'Change what the plug-in returns, or read the output as text.',
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PluginError('output-format', {
      message: `The plug-in's output is not JSON: ${describeThrown(cause)}`,
      expected: 'JSON',
      actual:
        bytes.length === 0 ? 'no output' : `${bytes.length} bytes that start with ${JSON.stringify(text.slice(0, 40))}`,
      cause,
    });
  }
}
