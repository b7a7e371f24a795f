/** Calling sequences of older PDKs that use blocks after they are freed, or free them twice. */
import { openFixture } from '../fixtures.js';
import { spec } from '../harness.js';
import { ProbeScript } from '../abi/probe-script.js';

spec('a key that is freed again after config_get leaves the value alone (older Haskell PDK)', async (context) => {
  const plugin = await openFixture(context, 'probe', { config: { greeting: 'Howdy' } });
  const script = new ProbeScript();
  const key = script.put('greeting');
  script.do('config_get', key.handle);
  const value = script.last;
  script.do('free', key.handle);
  script.put('John, John');
  script.returns(5n, 'of the value', 'length', value).returns(0x48n, 'its first byte', 'load_u8', value);
  await script.run(plugin);
});

spec('a key and a value that are freed again after var_set leave later blocks alone (Virgil)', async (context) => {
  const plugin = await openFixture(context, 'probe');
  const script = new ProbeScript();
  const key = script.put('key');
  const value = script.put('value');
  script.do('var_set', key.handle, value.handle);
  const later = script.put('L');
  const last = script.put('last');
  script.do('free', key.handle).do('free', value.handle);
  script.put('another');
  script.returns(0x4cn, 'its byte', 'load_u8', later.handle).returns(4n, 'of the last', 'length', last.handle);
  await script.run(plugin);
});

spec('a block is still readable after it is freed (Zig PDK)', async (context) => {
  const plugin = await openFixture(context, 'probe', { config: { greeting: 'Howdy' } });
  const script = new ProbeScript();
  script.do('config_get', script.put('greeting').handle);
  const value = script.last;
  script.do('free', value);
  script.put('overwrites nothing');
  script.returns(0x48n, 'its first byte', 'load_u8', value);
  await script.run(plugin);
});
