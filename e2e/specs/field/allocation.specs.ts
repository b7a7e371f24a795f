/** Which block `alloc` returns, as the reference decides it: plug-ins use blocks after they are freed, and free blocks twice. */
import { type Block, ProbeScript } from '../abi/probe-script.js';
import { openDropIn, openFixture } from '../fixtures.js';
import { spec } from '../harness.js';

/** The script of each spec. Blocks of more than a page are used where memory has to grow whatever was allocated before. */
const scripts: Readonly<Record<string, (script: ProbeScript) => void>> = {
  'a freed block keeps all of its bytes while memory has room': (script) => {
    const text = 'every byte stays as it was';
    const freed = script.put(text);
    script.do('free', freed.handle);
    script.put('x'.repeat(text.length));
    script.returns(0n, 'of a freed block', 'length', freed.handle);
    for (const [at, byte] of Array.from(new TextEncoder().encode(text)).entries())
      script.returns(BigInt(byte), `byte ${at}`, 'load_u8', freed.at(BigInt(at)));
  },

  'a freed block is reused only when memory would have to grow': (script) => {
    const freed = script.alloc(100n);
    script.do('free', freed.handle);
    const other = script.alloc(100n);
    script.do('store_u8', other.handle, 1n).returns(0n, 'of the freed block', 'load_u8', freed.handle);
    script.returns(100n, 'of the other', 'length', other.handle).returns(0n, 'of the freed', 'length', freed.handle);
  },

  'a freed block of 128 bytes more than asked for is split, and one of 127 more is taken whole': (script) => {
    const [large, next] = [script.alloc(100_000n), script.alloc(200_000n)];
    script.do('free', large.handle).do('free', next.handle);
    isAt(script, 99_872n, large, 128n);
    isAt(script, 199_873n, next, 0n);
  },

  'the first freed block that is long enough is reused, not the best': (script) => {
    const [short, large, exact] = [script.alloc(70_000n), script.alloc(100_000n), script.alloc(80_000n)];
    for (const block of [exact, large, short]) script.do('free', block.handle);
    isAt(script, 80_000n, large, 20_000n);
    isAt(script, 80_000n, exact, 0n);
    isAt(script, 70_000n, short, 0n);
  },

  'a block that is freed twice is reused once': (script) => {
    const block = script.alloc(70_000n);
    script.do('free', block.handle);
    isAt(script, 70_000n, block, 0n);
    script.do('free', block.handle).do('free', block.handle);
    isAt(script, 70_000n, block, 0n);
    const other = script.alloc(70_000n);
    script.do('store_u8', block.handle, 1n).do('store_u8', other.handle, 2n);
    script.returns(1n, 'of the first', 'load_u8', block.handle).returns(2n, 'of the second', 'load_u8', other.handle);
  },
};

/** Allocates `length` bytes, which must be `offset` bytes behind the start of `block`. */
function isAt(script: ProbeScript, length: bigint, block: Block, offset: bigint): void {
  const expected = block.at(offset);
  const taken = script.alloc(length);
  // What is written to one address is read from the other, and the address is a handle of that length.
  script.returns(length, `of the block at offset ${offset}`, 'length', expected);
  script.do('store_u8', taken.handle, 77n).returns(77n, `at offset ${offset}`, 'load_u8', expected);
}

for (const [title, write] of Object.entries(scripts)) {
  const script = new ProbeScript();
  write(script);

  spec(`allocation, library: ${title}`, async (context) => {
    await script.run(await openFixture(context, 'probe'));
  });

  spec(`allocation, drop-in: ${title}`, async (context) => {
    await script.run(await openDropIn(context, 'probe'));
  });
}
