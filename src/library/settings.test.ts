import { expect, test } from 'vitest';
import { readSettings } from './settings.js';

test.each([
  ['a choice', { enum: ['x'.repeat(1_001), 'y'] }],
  ['a default', { type: 'string', default: 'x'.repeat(1_001) }],
])('%s of more than 1,000 characters is refused, because a form shows it', (_what, property) => {
  expect(() => readSettings({ properties: { note: property } })).toThrow(
    expect.objectContaining({
      code: 'invalid-manifest',
      issues: [
        {
          path: 'plugin.settings.properties.note',
          message: 'expected choices and a default of at most 1000 characters, found 1001',
        },
      ],
    }),
  );
});

test('choices and defaults of 1,000 characters are read', () => {
  const longest = 'x'.repeat(1_000);
  const [setting] = readSettings({ properties: { note: { enum: [longest, 'y'], default: longest } } });
  expect(setting).toMatchObject({ choices: [longest, 'y'], fallback: longest });
});
