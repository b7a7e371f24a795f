type Pair = [name: string, value: string];

/** https://url.spec.whatwg.org/#interface-urlsearchparams */
export class URLSearchParams {
  #pairs: Pair[];
  #onChange: (() => void) | null = null;

  constructor(source: unknown = '') {
    if (typeof source === 'object' && source !== null) {
      const entries =
        Symbol.iterator in source ? Array.from(source as Iterable<Iterable<unknown>>) : Object.entries(source);
      this.#pairs = entries.map((entry) => {
        const pair = Array.from(entry as Iterable<unknown>, String);
        if (pair.length !== 2) throw new TypeError('Each entry of URLSearchParams must have a name and a value');
        return pair as Pair;
      });
    } else this.#pairs = parsePairs(String(source).replace(/^\?/u, ''));
  }

  /** Returns the parameters of a URL, which `onChange` updates. */
  static of(query: string, onChange: () => void): URLSearchParams {
    const params = new URLSearchParams(query);
    params.#onChange = onChange;
    return params;
  }

  /** Replaces all parameters, after the query of the URL changed. */
  static replace(params: URLSearchParams, query: string): void {
    params.#pairs = parsePairs(query);
  }

  get size(): number {
    return this.#pairs.length;
  }

  append(name: unknown, value: unknown): void {
    this.#update([...this.#pairs, [String(name), String(value)]]);
  }

  delete(name: unknown, value?: unknown): void {
    const [key, text] = [String(name), String(value)];
    this.#update(this.#pairs.filter((pair) => pair[0] !== key || (value !== undefined && pair[1] !== text)));
  }

  get(name: unknown): string | null {
    return this.#pairs.find(([key]) => key === String(name))?.[1] ?? null;
  }

  getAll(name: unknown): string[] {
    return this.#pairs.filter(([key]) => key === String(name)).map(([, value]) => value);
  }

  has(name: unknown, value?: unknown): boolean {
    return this.#pairs.some((pair) => pair[0] === String(name) && (value === undefined || pair[1] === String(value)));
  }

  set(name: unknown, value: unknown): void {
    const key = String(name);
    const at = this.#pairs.findIndex((pair) => pair[0] === key);
    if (at < 0) return this.append(name, value);
    const rest = this.#pairs.filter((pair, index) => pair[0] !== key || index === at);
    return this.#update(rest.map((pair) => (pair[0] === key ? [key, String(value)] : pair)));
  }

  sort(): void {
    this.#update(this.#pairs.toSorted(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)));
  }

  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, self?: unknown): void {
    for (const [name, value] of this) callback.call(self, value, name, this);
  }

  *entries(): IterableIterator<Pair> {
    for (let index = 0; index < this.#pairs.length; index += 1) {
      const [name, value] = this.#pairs[index] ?? ['', ''];
      yield [name, value];
    }
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this) yield name;
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this) yield value;
  }

  [Symbol.iterator](): IterableIterator<Pair> {
    return this.entries();
  }

  toString(): string {
    return this.#pairs.map(([name, value]) => `${formEncode(name)}=${formEncode(value)}`).join('&');
  }

  #update(pairs: Pair[]): void {
    this.#pairs = pairs;
    this.#onChange?.();
  }
}

function parsePairs(query: string): Pair[] {
  const parts = query.split('&').filter((part) => part !== '');
  return parts.map((part) => {
    const at = part.indexOf('=');
    return at < 0 ? [formDecode(part), ''] : [formDecode(part.slice(0, at)), formDecode(part.slice(at + 1))];
  });
}

function formDecode(text: string): string {
  const plain = text.replaceAll('+', ' ');
  // Each run of escapes may hold bytes that are not UTF-8: these stay as they are.
  return plain.replace(/(?:%[\da-f]{2})+/giu, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run.replace(/%[89a-f][\da-f]/giu, '\uFFFD').replace(/%[0-7][\da-f]/giu, decodeURIComponent);
    }
  });
}

function formEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()~]/gu, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
