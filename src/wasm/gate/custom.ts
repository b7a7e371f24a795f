import { maxReportedNames } from '../../contract/module-report.js';
import type { ProducerReport } from '../../contract/module-report.js';
import { admit } from '../reader/caps.js';
import type { ModuleFacts } from '../reader/module.js';
import { Reader } from '../reader/reader.js';
import type { StreamCheck } from './stream-check.js';

/** What is looked at of a custom section: its name, and a `producers` section of ordinary size. */
const headBytes = 16_384;
/** Names and versions are cut to this length. */
const shownCharacters = 128;

/** Reads a custom section's name (they mean nothing to an engine, and nothing in them is trusted), and what the producers section says of the tools that made the module. */
export class CustomCheck implements StreamCheck {
  readonly #facts: ModuleFacts;
  readonly #size: number;
  readonly #head: Uint8Array;
  readonly #offset: number;
  #filled = 0;

  constructor(facts: ModuleFacts, size: number, offset: number) {
    this.#facts = facts;
    this.#size = size;
    this.#offset = offset;
    this.#head = new Uint8Array(Math.min(size, headBytes));
    facts.customCount += 1;
    admit('custom sections', facts.customCount, 'module');
  }

  feed(bytes: Uint8Array): void {
    const wanted = bytes.subarray(0, this.#head.length - this.#filled);
    this.#head.set(wanted, this.#filled);
    this.#filled += wanted.length;
  }

  end(): void {
    const reader = new Reader(this.#head, 'custom', this.#offset);
    const name = reader.name();
    const { customNames, producers } = this.#facts;
    if (customNames.size < maxReportedNames) customNames.add(name.slice(0, shownCharacters));
    if (name === 'producers' && this.#size <= headBytes) readProducers(reader, producers);
  }
}

/**
 * https://github.com/WebAssembly/tool-conventions/blob/main/ProducersSection.md
 * A section that is not as the convention says is no fault of the module's: it tells nothing, that is all.
 */
function readProducers(reader: Reader, producers: ProducerReport[]): void {
  const found: ProducerReport[] = [];
  try {
    for (let fields = reader.u32(); fields > 0; fields -= 1) {
      const field = reader.name();
      for (let values = reader.u32(); values > 0; values -= 1) {
        const [name, version] = [reader.name(), reader.name()];
        found.push({ field: cut(field), name: cut(name), version: cut(version) });
      }
    }
  } catch {
    return;
  }
  producers.push(...found.slice(0, maxReportedNames - producers.length));
}

function cut(text: string): string {
  return text.slice(0, shownCharacters);
}
