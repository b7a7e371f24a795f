import { hostFunction, type HostFunctions } from 'tenon';

/** A key-value store in `localStorage` for one plug-in, which its host functions read and write. */
export class KeptValues {
  readonly #prefix: string;

  constructor(plugin: string) {
    this.#prefix = `tenon-playground-value ${plugin} `;
  }

  /** Returns the empty string for a key without a value. */
  read(key: string): string {
    return localStorage.getItem(this.#prefix + key) ?? '';
  }

  /** Stores a value; the empty string removes the key. */
  write(key: string, value: string): void {
    if (value === '') localStorage.removeItem(this.#prefix + key);
    else localStorage.setItem(this.#prefix + key, value);
  }
}

/** Returns the two host functions that the guest book imports. */
export function offerValues(values: KeptValues): HostFunctions {
  return {
    'extism:host/user': {
      kv_read: hostFunction({ params: ['text'], result: 'text', handler: (key) => values.read(key) }),
      kv_write: hostFunction({ params: ['text', 'text'], handler: (key, value) => values.write(key, value) }),
    },
  };
}
