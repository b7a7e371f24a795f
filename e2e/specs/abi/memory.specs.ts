/** Allocating, freeing, loading and storing, as `extism:host/env` must, seen from inside a plug-in. */
import { equal } from '../assert.js';
import { numberOf, openFixture } from '../fixtures.js';
import { spec } from '../harness.js';
import { farNumbers, notHandles, ProbeScript } from './probe-script.js';

/** One page: its last byte is at 65,535, and no more memory can be had. */
const onePage = { memory: { maxPages: 1 } };
const pageEnd = 65_536n;

spec('alloc returns 0 for no bytes and for more than there can be, and blocks for the rest', async (context) => {
  const plugin = await openFixture(context, 'probe');
  const script = new ProbeScript().returns(0n, '0 bytes', 'alloc', 0n);
  for (const [name, bytes] of farNumbers) script.returns(0n, name, 'alloc', bytes);
  for (const bytes of [1n, 7n, 8n, 1_000n, 100_000n, 5_000_000n]) {
    const block = script.alloc(bytes);
    script
      .returns((handle) => handle !== 0n, `${bytes} bytes`, 'const', block.handle)
      .returns(bytes, `a block of ${bytes}`, 'length', block.handle)
      .do('store_u8', block.at(bytes - 1n), 9n)
      .returns(9n, `the last of ${bytes} bytes`, 'load_u8', block.at(bytes - 1n));
  }
  await script.run(plugin);
});

spec('blocks do not overlap, and what is stored in one stays out of the others', async (context) => {
  const plugin = await openFixture(context, 'probe');
  const script = new ProbeScript();
  const blocks = Array.from({ length: 20 }, (_, index) => script.alloc(BigInt(1 + index * 7)));
  blocks.forEach((block, index) => {
    for (let at = 0n; at < block.bytes; at += 1n) script.do('store_u8', block.at(at), BigInt(index + 1));
  });
  blocks.forEach((block, index) => {
    for (const at of [0n, block.bytes / 2n, block.bytes - 1n]) {
      script.returns(BigInt(index + 1), `byte ${at} of block ${index}`, 'load_u8', block.at(at));
    }
  });
  await script.run(plugin);
});

spec('alloc returns 0 when the cap is reached, and blocks again once some are freed', async (context) => {
  const plugin = await openFixture(context, 'probe', { memory: { maxPages: 4 } });
  const script = new ProbeScript().do('alloc_chain', 1_000n, 1_000_000n);
  const chain = script.last;
  script.returns(0n, 'the cap is reached', 'alloc', 1_000n);
  script.returns((count) => count > 200n && count < 263n, '4 pages hold some 250 blocks', 'free_chain', chain);
  script.returns(0n, 'freed neighbours are not joined, as in the reference', 'alloc', 200_000n);
  script.do('alloc_chain', 1_000n, 1_000_000n);
  script.returns((count) => count > 200n, 'as many as the first time', 'free_chain', script.last);
  await script.run(plugin);
  await new ProbeScript().returns((handle) => handle !== 0n, 'the next call', 'alloc', 200_000n).run(plugin);
});

spec('free takes only handles, and a block that is freed twice is not allocated twice', async (context) => {
  const plugin = await openFixture(context, 'probe');
  const script = new ProbeScript();
  const block = script.put('0123456789abcdef');
  for (const [name, address] of notHandles(block)) {
    script.do('free', address).returns(16n, `after free(${name})`, 'length', block.handle);
  }
  script.returns(0x37_36_35_34_33_32_31_30n, 'content', 'load_u64', block.handle);
  script.do('free', block.handle).returns(0n, 'after free', 'length', block.handle).do('free', block.handle);
  const first = script.alloc(16n);
  const second = script.alloc(16n);
  script.do('store_u64', first.handle, 1n).do('store_u64', second.handle, 2n);
  script.returns(1n, 'two blocks after a double free', 'load_u64', first.handle);
  script.returns(16n, 'the first', 'length', first.handle).returns(16n, 'the second', 'length', second.handle);
  await script.run(plugin);
});

for (const name of ['length', 'length_unsafe'] as const) {
  spec(`${name} knows a block by its first byte and by nothing else`, async (context) => {
    const plugin = await openFixture(context, 'probe');
    const script = new ProbeScript();
    const block = script.put('sixteen bytes ok');
    script.put('a neighbour');
    script.returns(16n, 'the handle', name, block.handle);
    for (const [what, address] of notHandles(block)) script.returns(0n, what, name, address);
    script.do('free', block.handle).returns(0n, 'a freed block', name, block.handle);
    await script.run(plugin);
  });
}

spec('length does not take data that looks like a header for one', async (context) => {
  const plugin = await openFixture(context, 'probe');
  const script = new ProbeScript();
  const real = script.alloc(32n);
  const forged = script.alloc(64n);
  script.do('load_u64', real.at(-16n));
  const low = script.last;
  script.do('load_u64', real.at(-8n));
  const high = script.last;
  script.do('store_u64', forged.at(16n), low).do('store_u64', forged.at(24n), high);
  script.returns(0n, 'behind a copied header', 'length', forged.at(32n));
  script.returns(0n, 'behind a copied header', 'length_unsafe', forged.at(32n));
  script.do('free', forged.at(32n)).returns(64n, 'the block around it', 'length', forged.handle);
  await script.run(plugin);
});

spec('load_u8 and load_u64 give 0 outside memory, and unaligned bytes inside it', async (context) => {
  const plugin = await openFixture(context, 'probe', onePage);
  const script = new ProbeScript();
  const block = script.put('ABCDEFGHIJKLMNOP');
  for (const [name, address] of [['0', 0n], ['1', 1n], ['the end of memory', pageEnd], ...farNumbers] as const) {
    script.returns(0n, name, 'load_u8', address).returns(0n, name, 'load_u64', address);
  }
  script.returns(0x41n, 'the first byte', 'load_u8', block.handle).returns(0x50n, 'the last', 'load_u8', block.at(15n));
  script.returns(0x48_47_46_45_44_43_42_41n, 'the first eight', 'load_u64', block.handle);
  script.returns(0x49_48_47_46_45_44_43_42n, 'eight unaligned', 'load_u64', block.at(1n));
  script.returns((value) => (value & 0xffn) === 0x50n, 'eight from the last byte on', 'load_u64', block.at(15n));
  script.do('store_u64', pageEnd - 8n, 0x88_77_66_55_44_33_22_11n);
  script.returns(0x88n, 'the last byte of memory', 'load_u8', pageEnd - 1n);
  script.returns(0x88_77_66_55_44_33_22_11n, 'the last eight bytes', 'load_u64', pageEnd - 8n);
  for (let over = 1n; over <= 8n; over += 1n) {
    script.returns(0n, `${over} bytes over the end`, 'load_u64', pageEnd - 8n + over);
  }
  await script.run(plugin);
});

spec('store_u8 and store_u64 are ignored outside memory, whole even when only one byte is', async (context) => {
  const plugin = await openFixture(context, 'probe', onePage);
  const script = new ProbeScript();
  const block = script.alloc(16n);
  for (const [, address] of [['0', 0n], ['1', 1n], ['the end', pageEnd], ...farNumbers] as const) {
    script.do('store_u8', address, 255n).do('store_u64', address, -1n);
  }
  script.do('store_u64', pageEnd - 8n, 0x11_11_11_11_11_11_11_11n);
  for (let over = 1n; over <= 8n; over += 1n) {
    script.do('store_u64', pageEnd - 8n + over, -1n);
    script.returns(0x11_11_11_11_11_11_11_11n, `after one ${over} bytes over`, 'load_u64', pageEnd - 8n);
  }
  script.do('store_u8', pageEnd - 1n, 0x1_99n).returns(0x99n, 'the low byte only', 'load_u8', pageEnd - 1n);
  script.do('store_u64', block.at(3n), 0x08_07_06_05_04_03_02_01n);
  script.returns(0x08_07_06_05_04_03_02_01n, 'unaligned', 'load_u64', block.at(3n));
  script.returns(0x05_04_03_02_01_00_00_00n, 'little endian, and zeros before', 'load_u64', block.handle);
  script.returns(16n, 'the block is whole', 'length', block.handle);
  await script.run(plugin);
});

spec('a call sees nothing of the blocks of the call before it', async (context) => {
  const plugin = await openFixture(context, 'probe');
  const before = new ProbeScript();
  const secret = before.alloc(1_000n);
  for (let at = 0n; at < 1_000n; at += 8n) before.do('store_u64', secret.at(at), -1n);
  const [handle = 0n] = await before.run(plugin);
  const after = new ProbeScript();
  after.returns(0n, 'the old handle', 'length', handle);
  const block = after.alloc(90_000n);
  for (let at = 0n; at < 90_000n; at += 1_000n) after.returns(0n, `byte ${at}`, 'load_u64', block.at(at));
  await after.run(plugin);
});

spec('a block that was kept from the call before is gone, and freeing it harms nothing', async (context) => {
  const plugin = await openFixture(context, 'state');
  await plugin.call('keep_block');
  equal(numberOf(await plugin.call('length_of_kept_block')), 0n, 'length of the kept block');
});

spec('a hundred thousand blocks are made and freed within one call, twice', async (context) => {
  const plugin = await openFixture(context, 'probe');
  const script = new ProbeScript().do('alloc_chain', 8n, 100_000n);
  script.returns(100_000n, 'every one of them', 'free_chain', script.last);
  script.do('alloc_chain', 8n, 100_000n).returns(100_000n, 'and again', 'free_chain', script.last);
  await script.run(plugin);
});
