import { randomBytes } from 'node:crypto';
import type { Locator, Page } from '@playwright/test';
import { seriousFaults } from './axe.js';
import { example, expect, fixture } from './playground-page.js';

export interface Chosen {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** Operates controls by their accessible names. */
interface Hands {
  press(name: string): Promise<void>;
  /** A switch or a radio button. */
  tick(name: string): Promise<void>;
  select(name: string, option: string): Promise<void>;
}

/** Returns a manifest that contains the bytes. */
function manifest(name: string, module: Buffer, more: Readonly<Record<string, unknown>>): Chosen {
  const wasm = [{ data: module.toString('base64') }];
  return { name, mimeType: 'application/json', buffer: Buffer.from(JSON.stringify({ wasm, ...more })) };
}

/** Returns the discount plug-in as its author would publish it. */
export function discount(version: string, plugin: Readonly<Record<string, unknown>> = {}): Chosen {
  const settings = {
    properties: { percent: { type: 'number', title: 'Percent off', minimum: 0, maximum: 100, default: 10 } },
  };
  const about = { id: 'org.example.discount', name: 'Discount', version, settings, ...plugin };
  return manifest('discount.json', example('discount.wasm').buffer, { plugin: about });
}

/** Returns a plug-in that requests the price of an order from a server. */
export function rates(version: string, hosts: readonly string[]): Chosen {
  const permissions = hosts.map((host) => ({ host, reason: `reads rates from ${host}` }));
  return manifest('rates.json', fixture('http_at_point.wasm').buffer, {
    config: { requests: JSON.stringify({ url: `https://${hosts[0]}/total.json` }) },
    plugin: { id: 'org.example.rates', name: 'Rates', version, permissions },
  });
}

/** Returns a plug-in with an incompressible custom section of this size. */
export function large(sizeBytes: number): Chosen {
  const module = example('kitchen_sink.wasm').buffer;
  // The section's name is a single letter; sizes are LEB128 in five bytes.
  const size = [0, 7, 14, 21, 28].map((shift) => (((sizeBytes + 2) >>> shift) & 0x7f) | (shift === 28 ? 0 : 0x80));
  const section = Buffer.concat([Buffer.from([0, ...size, 1, 0x78]), randomBytes(sizeBytes)]);
  return { name: 'large.wasm', mimeType: 'application/wasm', buffer: Buffer.concat([module, section]) };
}

/** The checkout page as its users see it. */
export class CheckoutPage {
  readonly page: Page;
  readonly hands: Hands;

  constructor(page: Page, hands: Hands) {
    this.page = page;
    this.hands = hands;
  }

  get sheet(): Locator {
    return this.page.getByRole('dialog');
  }

  async charge(expected: string): Promise<void> {
    await this.hands.press('Charge the card');
    await expect(this.page.getByText(expected, { exact: true })).toBeVisible();
  }

  /** Presses a button that opens a file picker, and chooses a file. */
  async chooseWith(button: string, file: Chosen): Promise<void> {
    const asked = this.page.waitForEvent('filechooser');
    await this.hands.press(button);
    await (await asked).setFiles(file);
  }

  /** Waits until the sheet accepts an answer: it ignores what may have been meant for the page below it. */
  async canAnswer(): Promise<void> {
    await expect(this.sheet).toBeVisible();
    await this.page.waitForTimeout(1_500);
  }

  async answer(button: string): Promise<void> {
    await this.canAnswer();
    await this.hands.press(button);
    await expect(this.sheet).toBeHidden();
  }

  async clean(state: string): Promise<void> {
    expect(await seriousFaults(this.page), state).toEqual([]);
  }
}

export function withPointer(page: Page): CheckoutPage {
  const named = (name: string): Locator =>
    page
      .getByRole('button', { name, exact: true })
      .or(page.locator('summary').getByText(name, { exact: true }))
      .or(page.getByLabel(name, { exact: true }))
      .first();
  return new CheckoutPage(page, {
    press: (name) => named(name).click(),
    tick: (name) => page.getByLabel(name, { exact: true }).click(),
    select: async (name, option) => {
      await page.getByLabel(name, { exact: true }).selectOption(option);
    },
  });
}

const mostSteps = 80;
const firstStop = 'Playground';
const lastStop = 'Log';

/** Operates controls with Tab, arrow keys, Space and Enter only. */
export function withKeyboard(page: Page): CheckoutPage {
  const { keyboard } = page;
  /** A group of radio buttons has one tab stop, found by the name of any of its buttons. */
  const reach = async (name: string): Promise<void> => {
    const passed: string[] = [];
    let key = 'Tab';
    for (let steps = 0; steps < mostSteps; steps += 1) {
      await keyboard.press(key);
      const focused = await focusedNames(page);
      if (focused.includes(name)) return;
      // Beyond the last control the focus leaves the page, and headless Firefox does not return it.
      if (focused.includes(lastStop)) key = 'Shift+Tab';
      if (focused.includes(firstStop)) key = 'Tab';
      passed.push(focused[0] ?? 'nothing');
    }
    throw new Error(`Keyboard: expected Tab to reach "${name}", found ${passed.join(', ')}`);
  };
  return new CheckoutPage(page, {
    press: async (name) => {
      await reach(name);
      await keyboard.press('Enter');
    },
    tick: async (name) => {
      await reach(name);
      const [focused, ...group] = await focusedNames(page);
      if (group.length === 0) await keyboard.press('Space');
      const distance = group.indexOf(name) - group.indexOf(focused ?? '');
      for (let step = 0; step < distance; step += 1) await keyboard.press('ArrowDown');
    },
    select: async (name, option) => {
      await reach(name);
      const control = page.getByLabel(name, { exact: true });
      const options = await control.locator('option').allTextContents();
      const [from, to] = [
        await control.evaluate((element: HTMLSelectElement) => element.selectedIndex),
        options.indexOf(option),
      ];
      for (let place = from; place !== to;) {
        place += Math.sign(to - place);
        await keyboard.press(to > from ? 'ArrowDown' : 'ArrowUp');
        await expect(page.getByText(`: ${options[place]}.`)).toBeVisible();
      }
    },
  });
}

/** Returns the name of the focused control; for a radio button also the names of its group. */
function focusedNames(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    let active = document.activeElement;
    while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
    const nameOf = (element: Element | null): string => {
      const label = element instanceof HTMLInputElement ? (element.labels?.[0]?.textContent ?? '') : '';
      return (element?.getAttribute('aria-label') ?? (label || (element?.textContent ?? '')))
        .replace(/\s+/g, ' ')
        .trim();
    };
    const group =
      active instanceof HTMLInputElement && active.type === 'radio'
        ? Array.from(active.form?.querySelectorAll<HTMLInputElement>('input[type=radio]') ?? [])
        : [];
    const { name } = active as HTMLInputElement; // called for radio buttons only
    return [nameOf(active), ...group.filter((radio) => radio.name === name).map(nameOf)];
  });
}
