interface FetchOptions {
  readonly method?: string;
  readonly headers?: unknown;
  readonly body?: string | ArrayBufferLike | ArrayBufferView;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Http {
  request(request: Readonly<Record<string, unknown>>, body?: unknown): Answer;
}

/** The headers of a response. */
class Headers {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: Readonly<Record<string, string>>) {
    this.#values = new Map(Object.entries(values).map(([name, value]) => [name.toLowerCase(), value]));
  }

  get(name: unknown): string | null {
    return this.#values.get(String(name).toLowerCase()) ?? null;
  }

  has(name: unknown): boolean {
    return this.#values.has(String(name).toLowerCase());
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return new Map(this.#values).entries();
  }
}

/** `fetch` as a request of the plug-in, with its rights. The body of a response is text. */
export function fetchGlobal(http: Http, encode: (text: string) => Uint8Array) {
  return (target: unknown, { method = 'GET', headers = {}, body }: FetchOptions = {}): Promise<unknown> => {
    const entries = Object(headers)[Symbol.iterator] === undefined ? headers : Object.fromEntries(headers as []);
    const {
      status,
      body: text,
      headers: received,
    } = http.request({ url: String(target), method, headers: entries }, body);
    return Promise.resolve({
      url: String(target),
      status,
      ok: status >= 200 && status < 300,
      headers: new Headers(received),
      text: () => Promise.resolve(text),
      json: () => Promise.resolve(text).then((value): unknown => JSON.parse(value)),
      arrayBuffer: () => Promise.resolve(encode(text).buffer),
    });
  };
}
