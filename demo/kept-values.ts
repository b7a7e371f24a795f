import { hostFunction, type HostFunctions } from 'tenon';

/** A key-value store that the page keeps for one plug-in, in this browser: what its host functions read and write. */
export class KeptValues {
  readonly #prefix: string;

  constructor(plugin: string) {
    this.#prefix = `tenon-playground-value ${plugin} `;
  }

  /** Empty where there is none. */
  read(key: string): string {
    return localStorage.getItem(this.#prefix + key) ?? '';
  }

  /** An empty value removes the key. */
  write(key: string, value: string): void {
    if (value === '') localStorage.removeItem(this.#prefix + key);
    else localStorage.setItem(this.#prefix + key, value);
  }
}

/** The two functions that the guest book imports. */
export function offerValues(values: KeptValues): HostFunctions {
  return {
    'extism:host/user': {
      kv_read: hostFunction({ params: ['text'], result: 'text', handler: (key) => values.read(key) }),
      kv_write: hostFunction({ params: ['text', 'text'], handler: (key, value) => values.write(key, value) }),
    },
  };
}
