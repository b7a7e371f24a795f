import { example, expect, fixture, test } from './playground-page.js';

test.describe('the first visit', () => {
  test('one click shows a result', async ({ playground }) => {
    await playground.run.click();
    await expect(playground.output).toHaveText('{\n  "count": 3,\n  "total": 3,\n  "vowels": "aeiouAEIOU"\n}');
    await expect(playground.page.getByRole('log')).toContainText('count_vowels (13 B) returned 43 B');
  });

  test('shows the properties and capabilities of the plug-in', async ({ playground }) => {
    const inspector = playground.page.getByRole('region', { name: 'Inspector' });
    for (const text of ['Size', 'SHA-256', 'Memory', 'Read', 'Compile', 'Start', 'Cache hit', 'Exports']) {
      await expect(inspector).toContainText(text);
    }
    await expect(inspector).toContainText('Reads its input and returns an output or an error');
    await expect(inspector).toContainText('Stores values between calls');
    await expect(inspector).toContainText(/[0-9a-f]{8}…[0-9a-f]{8}/u);
  });
});

test.describe('a call', () => {
  test('shows its output as text, JSON or hex', async ({ playground, page }) => {
    await playground.choose('Echo');
    await playground.call('echo', '{"big":12345678901234567890,"a":[]}');
    await expect(playground.output).toHaveText('{\n  "big": 12345678901234567890,\n  "a": []\n}');
    await page.getByRole('radio', { name: 'Hex' }).check();
    await expect(playground.output).toContainText('00000000  7b 22 62 69 67 22 3a');
    await page.getByRole('group', { name: 'Show output as' }).getByRole('radio', { name: 'Text' }).check();
    await expect(playground.output).toHaveText('{"big":12345678901234567890,"a":[]}');
  });

  test('accepts only valid JSON as JSON input', async ({ playground, page }) => {
    await playground.choose('Echo');
    await page.getByRole('group', { name: 'Input as' }).getByRole('radio', { name: 'JSON' }).check();
    await playground.call('echo', '{"a":');
    await expect(page.getByRole('alert')).toContainText('The input is not JSON');
    await page.getByLabel('Input', { exact: true }).fill('{"a":1}');
    await playground.run.click();
    await expect(playground.output).toHaveText('{\n  "a": 1\n}');
  });

  test('shows what the plug-in logs', async ({ playground, page }) => {
    await playground.choose('Kitchen sink');
    await playground.call('log_all', 'is this thing on?');
    const log = page.getByRole('log');
    for (const level of ['trace', 'debug', 'info', 'warn', 'error']) {
      await expect(log).toContainText(`${level}: is this thing on?`);
    }
    await page.getByLabel('Levels shown').selectOption('Warnings and errors');
    await expect(log).not.toContainText('info: is this thing on?');
    await expect(log).toContainText('warn: is this thing on?');
  });

  test('never interprets names or output as markup', async ({ playground, page }) => {
    const markup = '<img src=x onerror="document.title=1"><b>bold</b>';
    await playground.open({ ...example('echo.wasm'), name: '<b>echo<b>.wasm' });
    await expect(playground.heading).toHaveText('<b>echo<b>.wasm');
    await playground.ready();
    await playground.call('echo', markup);
    await expect(playground.output).toHaveText(markup);
    await expect(page.locator('img, b')).toHaveCount(0);
    await playground.open(fixture('odd_export_names.wasm'));
    await expect(playground.heading).toHaveText('odd_export_names.wasm');
    await expect(page.locator('img, b, script:not([src])')).toHaveCount(0);
  });
});

test.describe('what goes wrong', () => {
  test('a plug-in remains usable after an error, a crash and a return code', async ({ playground }) => {
    await playground.choose('Kitchen sink');
    await playground.call('fail_with', 'something went wrong');
    await expect(playground.failure).toContainText('The plug-in reports an error');
    await expect(playground.failure).toContainText('something went wrong');
    await playground.call('trap');
    await expect(playground.failure).toContainText('The plug-in crashed');
    await playground.call('return_code', '42');
    await expect(playground.failure).toContainText('42');
    await expect(playground.failure).toContainText('kitchen_sink.wasm is ready for the next call.');
    await playground.call('upper_case', 'quiet please');
    await expect(playground.output).toHaveText('QUIET PLEASE');
  });

  test('an endless loop ends at its time limit or with the Stop button', async ({ playground, page }) => {
    await playground.choose('Kitchen sink');
    await page.getByLabel('Time limit').fill('300');
    await playground.call('loop_forever');
    await expect(playground.failure).toContainText('The time limit is reached');
    await expect(playground.failure).toContainText('300 ms');
    await page.getByLabel('Time limit').fill('60000');
    await playground.call('loop_forever');
    await expect(page.getByRole('progressbar')).toBeVisible();
    await playground.stop.click();
    await expect(page.getByText('Stopped. kitchen_sink.wasm is ready for the next call.')).toBeVisible();
    await playground.call('upper_case', 'quiet please');
    await expect(playground.output).toHaveText('QUIET PLEASE');
  });

  test('an invalid time limit is refused with a message', async ({ playground, page }) => {
    await page.getByLabel('Time limit').fill('0');
    await playground.run.click();
    await expect(page.getByRole('alert')).toContainText('whole number of milliseconds');
    await expect(page.getByLabel('Time limit')).toBeFocused();
  });

  test('a file that is no plug-in is refused and not stored', async ({ playground, page }) => {
    await playground.open({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear diary') });
    await expect(playground.failure).toContainText('notes.txt did not load');
    await expect(playground.failure).toContainText('What to do');
    const component = Buffer.from([0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00]);
    await playground.open({ name: 'part.wasm', mimeType: 'application/wasm', buffer: component });
    await expect(playground.failure).toContainText('component');
    await expect(page.getByRole('button', { name: /^Remove/u })).toHaveCount(0);
    await playground.choose('Echo');
    await playground.call('echo', 'still here');
    await expect(playground.output).toHaveText('still here');
  });

  test('every missing import is named', async ({ playground }) => {
    await playground.open(fixture('missing_many.wasm'));
    await expect(playground.failure).toContainText('missing_many.wasm did not load');
    await expect(playground.failure.getByRole('listitem').first()).toContainText('kv_read');
  });

  test('an unreachable server and a missing file have different messages', async ({ playground, page }) => {
    const open = async (url: string): Promise<void> => {
      await page.getByLabel('Open an address').fill(url);
      await page.getByRole('button', { name: 'Open', exact: true }).click();
    };
    await open('javascript:alert(1)');
    await expect(page.getByRole('alert')).toContainText('An address starts with https://');
    await open('/status/404');
    await expect(playground.failure).toContainText('404');
    await open('/slow/100/plugins/echo.wasm');
    await expect(playground.heading).toHaveText('echo.wasm');
    await playground.ready();
    await playground.call('echo', 'from an address');
    await expect(playground.output).toHaveText('from an address');
  });

  test('loading can be stopped', async ({ playground, page }) => {
    await page.getByLabel('Open an address').fill('/hang');
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await expect(page.getByRole('progressbar')).toBeVisible();
    await playground.stop.click();
    await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
  });
});

test.describe('plug-ins of your own', () => {
  test('are stored, and removing one can be undone', async ({ playground, page }) => {
    await playground.open(fixture('state.wasm'), example('echo.wasm'));
    await expect(playground.heading).toHaveText('echo.wasm');
    await expect(page.getByRole('button', { name: 'Remove state.wasm' })).toBeVisible();
    // A plug-in is stored once it is listed; a reload before that would show the former state.
    await expect(page.getByRole('button', { name: 'Remove echo.wasm' })).toBeVisible();
    await page.reload();
    await expect(playground.heading).toHaveText('echo.wasm');
    await playground.ready();
    await playground.call('echo', 'remembered');
    await expect(playground.output).toHaveText('remembered');
    const remove = page.getByRole('button', { name: 'Remove echo.wasm' });
    await remove.click();
    await expect(page.getByText('No plug-in is open.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Undo' })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(remove).toBeVisible();
    await remove.click();
    // A plug-in that is not listed any more is not stored either.
    await expect(remove).toHaveCount(0);
    await page.reload();
    await expect(page.getByRole('button', { name: 'Remove state.wasm' })).toBeVisible();
    await expect(remove).toHaveCount(0);
  });

  test('can be dropped on the page or pasted', async ({ playground, page }) => {
    for (const kind of ['drop', 'paste'] as const) {
      const name = `by-${kind}.wasm`;
      const bytes = Array.from(example('count_vowels_c.wasm').buffer);
      await page.evaluate(
        ({ kind, name, bytes }) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], name));
          if (kind === 'paste') {
            const event = new ClipboardEvent('paste', { bubbles: true });
            // Firefox ignores a DataTransfer passed to the constructor.
            Object.defineProperty(event, 'clipboardData', { value: transfer });
            document.body.dispatchEvent(event);
            return;
          }
          for (const type of ['dragenter', 'dragover', 'drop']) {
            const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
            document.body.dispatchEvent(new DragEvent(type, options));
          }
        },
        { kind, name, bytes },
      );
      await expect(playground.heading).toHaveText(name);
      await playground.ready();
      await playground.call('count_vowels', 'dropped');
      await expect(playground.output).toContainText('"count"');
    }
  });

  test('with the same name replace each other, which can be undone', async ({ playground, page }) => {
    await playground.open({ ...example('echo.wasm'), name: 'mine.wasm' });
    await expect(playground.heading).toHaveText('mine.wasm');
    await expect(page.getByRole('button', { name: 'Remove mine.wasm' })).toHaveCount(1);
    await playground.open({ ...example('count_vowels.wasm'), name: 'mine.wasm' });
    await expect(page.getByText('Replaced mine.wasm.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Remove mine.wasm' })).toHaveCount(1);
  });
});
