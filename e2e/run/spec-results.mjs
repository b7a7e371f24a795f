// Counting and printing what the pages of specs report.

/** @typedef {import('../specs/harness.js').SpecResult} SpecResult */

/**
 * @param {readonly SpecResult[]} results
 * @returns {{ passed: number, failed: number, skipped: number }}
 */
export function countSpecs(results) {
  const skipped = results.filter((result) => result.skipped !== undefined).length;
  const failed = results.filter(({ ok }) => !ok).length;
  return { passed: results.length - failed - skipped, failed, skipped };
}

/**
 * @param {string} where
 * @param {readonly SpecResult[]} results
 */
export function printSpecs(where, results) {
  process.stdout.write(`  ${where}\n`);
  for (const { name, ok, ms, error, skipped } of results) {
    const mark = skipped === undefined ? (ok ? '✓' : '✗') : '-';
    const note = skipped === undefined ? `${ms} ms` : `skipped: ${skipped}`;
    process.stdout.write(`    ${mark} ${name} (${note})\n`);
    if (error !== undefined) process.stdout.write(`${error.replaceAll(/^/gmu, '        ')}\n`);
  }
}
