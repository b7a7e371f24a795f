import { maxReportedNames } from '../../contract/module-report.js';
import type { ProducerReport } from '../../contract/module-report.js';
import { admit } from '../reader/caps.js';
import type { Countable } from '../reader/caps.js';
import { invalid, Reader, U32Stream } from '../reader/reader.js';
import { SectionId } from '../reader/sections.js';
import { CodeCheck } from './code.js';
import type { FullPolicy, ModuleFacts } from './module-facts.js';

/** Checks a section while it streams. `offset` counts from the start of the module. */
export interface StreamCheck {
  feed(bytes: Uint8Array, offset: number): void;
  end(offset: number): void;
}

interface SectionBody {
  readonly size: number;
  /** The offset in the module at which it begins. */
  readonly offset: number;
}

/** Returns the check for a section that the gate never changes. */
export function streamCheck(id: number, facts: ModuleFacts, policy: FullPolicy, body: SectionBody): StreamCheck {
  switch (id) {
    case SectionId.global:
      return new CountCheck('globals', (count) => (facts.globals = count));
    case SectionId.element:
      return new CountCheck('element segments', (count) => (facts.elements = count));
    case SectionId.code:
      return new CodeCheck(facts, policy.maxCompileCost);
    case SectionId.data:
      return new CountCheck('data segments', (count) => (facts.dataSegments = count));
    case SectionId.dataCount:
      return new CountCheck('data segments', () => 0);
    default:
      return new CustomCheck(facts, body.size, body.offset);
  }
}

/** Checks the count at the start of a section. The gate does not read the rest. */
class CountCheck implements StreamCheck {
  readonly #what: Countable;
  readonly #onCount: (count: number) => void;
  readonly #stream = new U32Stream();
  #whole = false;

  constructor(what: Countable, onCount: (count: number) => void) {
    this.#what = what;
    this.#onCount = onCount;
  }

  feed(bytes: Uint8Array, offset: number): void {
    for (let at = 0; at < bytes.length && !this.#whole; at += 1) {
      this.#whole = this.#stream.push(bytes[at] ?? 0, this.#what, offset + at);
      if (!this.#whole) continue;
      admit(this.#what, this.#stream.value, 'module');
      this.#onCount(this.#stream.value);
    }
  }

  end(offset: number): void {
    if (!this.#whole) throw invalid(this.#what, offset, 'a count', 'the end of the section');
  }
}

/** The bytes that are kept of a custom section: enough for its name, and for a `producers` section of ordinary size. */
const headBytes = 16_384;
/** Names and versions are truncated to this length. */
const shownCharacters = 128;

/**
 * Reads the name of a custom section and, from the `producers` section, the tools that built the module. Custom sections do not affect
 * what a module does, and their contents are not trusted.
 */
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
 * Adds the entries of the `producers` section: https://github.com/WebAssembly/tool-conventions/blob/main/ProducersSection.md
 * A malformed section does not make the module invalid, and is omitted from the report.
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
