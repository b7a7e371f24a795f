/** How an app lets its users add plug-ins: a library, an extension point, and the elements that show them. */
import { createHost } from 'tenon';
import 'tenon/elements';
import { createLibrary, defineExtensionPoint, type StandardSchema } from 'tenon/library';
import { byId, make } from '../dom.js';
import { keepForOffline } from '../shell.js';

interface Order {
  readonly total: number;
}

/** What plug-ins answer is checked: a shop does not charge what is no amount. Validation libraries make such schemas too. */
const orderSchema: StandardSchema<Order> = {
  '~standard': {
    version: 1,
    vendor: 'demo',
    validate: (value) =>
      typeof value === 'object' &&
      value !== null &&
      'total' in value &&
      typeof value.total === 'number' &&
      value.total >= 0
        ? { value: { total: value.total } }
        : { issues: [{ message: 'expected an amount from 0', path: ['total'] }] },
  },
};

const beforeCharge = defineExtensionPoint({
  name: 'Before the card is charged',
  export: 'before_charge',
  mode: 'pipeline',
  output: orderSchema,
  onError: 'disable',
});

const library = createLibrary({
  host: createHost(),
  name: 'checkout',
  points: [beforeCharge],
  consent: (request) => document.querySelector('plugin-consent')?.ask(request) ?? { allowed: false },
});

for (const element of document.querySelectorAll('plugin-upload, plugin-list, plugin-log')) {
  Object.assign(element, { library });
}

const money = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' });
const receipt = byId('receipt', HTMLDivElement);

byId('checkout', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  void charge(Number(byId('total', HTMLInputElement).value));
});

async function charge(total: number): Promise<void> {
  const start = performance.now();
  const order = await library.run(beforeCharge, { total });
  const took = `${(performance.now() - start).toFixed(1)} ms`;
  const saved = total - order.total;
  receipt.replaceChildren(
    make('p', { class: 'charged' }, `${money.format(order.total)} charged.`),
    make(
      'p',
      { class: 'quiet small' },
      saved === 0 ? `No plug-in changed it. ${took}.` : `Plug-ins took ${money.format(saved)} off. ${took}.`,
    ),
  );
}

byId('sample', HTMLButtonElement).addEventListener('click', () => {
  void document.querySelector('plugin-upload')?.install(new URL('plugins/discount.wasm', document.baseURI));
});

await keepForOffline(byId('shell', HTMLDivElement));
