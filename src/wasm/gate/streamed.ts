import type { StreamCheck } from './stream-check.js';
import { admit } from '../reader/caps.js';
import type { Countable } from '../reader/caps.js';
import { CodeCheck } from './code.js';
import { CustomCheck } from './custom.js';
import type { ModuleFacts } from '../reader/module.js';
import { invalid, U32Stream } from '../reader/reader.js';

/** The check for a section that is never rewritten, whose body begins at `offset`. */
export function streamCheck(id: number, facts: ModuleFacts, body: { size: number; offset: number }): StreamCheck {
  switch (id) {
    case 6:
      return new CountCheck('globals', (count) => (facts.globals = count));
    case 9:
      return new CountCheck('element segments', (count) => (facts.elements = count));
    case 10:
      return new CodeCheck(facts.definedFunctions.length);
    case 11:
      return new CountCheck('data segments', (count) => (facts.dataSegments = count));
    case 12:
      return new CountCheck('data segments', () => 0);
    default:
      return new CustomCheck(facts, body.size, body.offset);
  }
}

/** A section that begins with a count, and of which nothing else matters here. */
class CountCheck implements StreamCheck {
  readonly #what: Countable;
  readonly #tell: (count: number) => void;
  readonly #stream = new U32Stream();
  #whole = false;

  constructor(what: Countable, tell: (count: number) => void) {
    this.#what = what;
    this.#tell = tell;
  }

  feed(bytes: Uint8Array, offset: number): void {
    for (let at = 0; at < bytes.length && !this.#whole; at += 1) {
      this.#whole = this.#stream.push(bytes[at] ?? 0, this.#what, offset + at);
      if (!this.#whole) continue;
      admit(this.#what, this.#stream.value, 'module');
      this.#tell(this.#stream.value);
    }
  }

  end(offset: number): void {
    if (!this.#whole) throw invalid(this.#what, offset, 'a count', 'the end of the section');
  }
}
