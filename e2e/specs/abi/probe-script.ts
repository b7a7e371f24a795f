/** A list of calls of the runtime's imports with what each must answer, run by the fixture `probe` inside the real runtime. */
import {
  decodeProbe,
  encodeProbe,
  type ProbeArgument,
  type ProbeOperation,
  type ProbeStep,
  result,
} from '../../fixtures/probe.js';
import { check } from '../assert.js';

/** Numbers no allocation of these tests reaches, each with its name in a failure. */
export const farNumbers: readonly (readonly [name: string, value: bigint])[] = [
  ['2^32', 2n ** 32n],
  ['2^53 + 1', 2n ** 53n + 1n],
  ['2^63', 2n ** 63n],
  ['2^64 - 8', 2n ** 64n - 8n],
  ['2^64 - 1', 2n ** 64n - 1n],
];

/** A block made by an earlier step. */
export interface Block {
  readonly bytes: bigint;
  /** The handle, or the address `offset` bytes behind it. */
  readonly at: (offset: bigint) => ProbeArgument;
  readonly handle: ProbeArgument;
}

/** A plug-in of `tenon` or of `tenon/extism`. */
interface Callable {
  readonly call: (name: string, input: Uint8Array<ArrayBuffer>) => Promise<{ bytes: () => Uint8Array } | null>;
}

type Expected = bigint | ((answer: bigint) => boolean);

/** Builds a script; what a step must answer is said beside it. */
export class ProbeScript {
  readonly #steps: ProbeStep[] = [];
  readonly #expected: { readonly index: number; readonly what: string; readonly answer: Expected }[] = [];
  readonly #data: number[] = [];

  /** Makes a call whose answer is not looked at. */
  do(operation: ProbeOperation, a?: ProbeArgument, b?: ProbeArgument): this {
    this.#steps.push([operation, a ?? 0n, b ?? 0n]);
    return this;
  }

  /** Makes a call that must answer `answer`. */
  returns(answer: Expected, what: string, operation: ProbeOperation, a?: ProbeArgument, b?: ProbeArgument): this {
    this.#expected.push({ index: this.#steps.length, what: `${operation}: ${what}`, answer });
    return this.do(operation, a, b);
  }

  /** A new block with that text as UTF-8, or with those bytes. */
  put(content: string | Uint8Array): Block {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    const offset = BigInt(this.#data.length);
    this.#data.push(...bytes);
    return this.#block(['put', offset, BigInt(bytes.length)], BigInt(bytes.length));
  }

  /** A new block with nothing in it. */
  alloc(bytes: bigint): Block {
    return this.#block(['alloc', bytes], bytes);
  }

  /** The answer of the last step, as an argument. */
  get last(): ProbeArgument {
    return result(this.#steps.length - 1);
  }

  encode(): Uint8Array<ArrayBuffer> {
    return encodeProbe(this.#steps, Uint8Array.from(this.#data));
  }

  /** Runs the script; every answer must be what was said. */
  async run(plugin: Callable): Promise<readonly bigint[]> {
    const output = await plugin.call('probe', this.encode());
    return this.#compare(decodeProbe(output?.bytes() ?? new Uint8Array()));
  }

  /** Runs the script and returns its output as text. */
  async output(plugin: Callable): Promise<string> {
    const output = await plugin.call('probe_silent', this.encode());
    return new TextDecoder().decode(output?.bytes());
  }

  #compare(answers: readonly bigint[]): readonly bigint[] {
    check(answers.length === this.#steps.length, `${answers.length} answers for ${this.#steps.length} steps`);
    const wrong = this.#expected.filter(({ index, answer }) => !matches(answers[index] ?? 0n, answer));
    const lines = wrong.map(({ index, what, answer }) => {
      const expected = typeof answer === 'bigint' ? `expected ${answer}` : 'not as expected';
      return `step ${index}, ${what}: ${expected}, got ${answers[index]}`;
    });
    check(wrong.length === 0, lines.join('\n'));
    return answers;
  }

  #block(step: ProbeStep, bytes: bigint): Block {
    const index = this.#steps.push(step) - 1;
    return { bytes, handle: result(index), at: (offset) => result(index, offset) };
  }
}

function matches(answer: bigint, expected: Expected): boolean {
  return typeof expected === 'bigint' ? answer === BigInt.asUintN(64, expected) : expected(answer);
}

/** Addresses that are no handle, some of them inside `block`, each with its name in a failure. */
export function notHandles(block: Block): (readonly [name: string, address: ProbeArgument])[] {
  return [
    ['0', 0n],
    ['1', 1n],
    ['an interior byte', block.at(block.bytes / 2n)],
    ['the last byte', block.at(block.bytes - 1n)],
    ['one past the end', block.at(block.bytes)],
    ['one before the block', block.at(-1n)],
    ['where its header begins', block.at(-12n)],
    ...farNumbers,
  ];
}

/** The same without 0, which is the empty string to an import that reads a block. */
export function badHandles(block: Block): (readonly [name: string, address: ProbeArgument])[] {
  return notHandles(block).filter(([name]) => name !== '0');
}
