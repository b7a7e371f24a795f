import type { Host } from 'tenon';
import { openHost } from '../fixtures.js';
import type { SpecContext } from '../harness.js';

/** A host whose loading workers cannot load meter.js, and do without if `isOptional`, `times` times. */
export function openHostWithoutMeter(context: SpecContext, isOptional: boolean, times = Infinity): Host {
  const spoil = `let times = ${times};
    addEventListener('message', ({ data }) => {
      const request = Array.isArray(data) ? data.find((item) => item?.meterUrl !== undefined) : undefined;
      if (request === undefined || times-- <= 0) return;
      request.meterUrl = ${JSON.stringify(context.url('/dist/no-such-part.js'))};
      request.meteringIsOptional = ${isOptional};
    });`;
  const scriptOf = (code: string): string => URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
  return openHost(context, {
    worker: (script) => {
      const real = context.url(`/dist/${script}.js`);
      const imports = script === 'loader' ? [scriptOf(spoil), real] : [real];
      const code = imports.map((url) => `import ${JSON.stringify(url)};`).join('\n');
      return new Worker(scriptOf(code), { type: 'module' });
    },
  });
}
