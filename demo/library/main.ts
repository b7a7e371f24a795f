/** Shows how an app lets its users add plug-ins: a library, an extension point and the elements. */
import { createHost } from 'tenon';
import 'tenon/elements';
import { createLibrary, defineExtensionPoint, type StandardSchema } from 'tenon/library';
import { byId, fillTexts, make } from '../dom.js';
import { keepForOffline } from '../shell.js';
import { strings } from '../strings.js';

interface Order {
  readonly total: number;
}

/** Validates what plug-ins return, so that only an amount is charged. Validation libraries create such schemas too. */
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
        : { issues: [{ message: strings.checkout.orderRule, path: ['total'] }] },
  },
};

const beforeCharge = defineExtensionPoint({
  name: strings.checkout.point,
  export: 'before_charge',
  mode: 'pipeline',
  output: orderSchema,
  onError: 'disable',
});

fillTexts();

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
  const ms = performance.now() - start;
  const difference = money.format(Math.abs(total - order.total));
  const { charged, unchanged, reduced, increased } = strings.checkout;
  const note = order.total === total ? unchanged(ms) : (order.total < total ? reduced : increased)(difference, ms);
  receipt.replaceChildren(
    make('p', { class: 'charged' }, charged(money.format(order.total))),
    make('p', { class: 'quiet small' }, note),
  );
}

byId('sample', HTMLButtonElement).addEventListener('click', () => {
  void document.querySelector('plugin-upload')?.install(new URL('plugins/discount.wasm', document.baseURI));
});

await keepForOffline(byId('shell', HTMLDivElement));
