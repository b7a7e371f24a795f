import { attackGroups, sourceOf } from '../../javascript/attacks.mjs';
import { compileCases } from '../../javascript/compile-cases.mjs';

/** A busy machine takes longer to meter the engine than the default allows. */
const loadTimeoutMs = 60_000;

/** Without metering each attack that takes too long costs a worker: `npm test` makes these, and the soak the others. */
const costly = new Set(['spins', 'infiniteTimer', 'strings']);

/**
 * The attacks from within. One plug-in makes all attacks of a kind, because starting it takes longer than they do.
 * @param {import('../../javascript/attacks.mjs').AttackGroup} group
 * @param {boolean} metering
 * @returns {import('../corpus.mjs').HostileCase}
 */
function attacksOf(group, metering) {
  return {
    name: `javascript-${group.name}-${metering ? 'metered' : 'unmetered'}`,
    tries: `JavaScript that tries ${group.tries}`,
    javascript: () => sourceOf(group),
    attacks: group.attacks.map(({ name, ends, output }) => ({
      name,
      ends,
      ...(output === undefined ? {} : { output }),
    })),
    ends: [],
    // What changes prototypes lasts as long as the instance.
    alive: group.name !== 'prototypes',
    mostBytes: 6_000_000,
    mostLogs: 3_000,
    mostLogsPerSecond: 1_000,
    options: { metering, loadTimeoutMs },
  };
}

/** @param {import('../../javascript/attacks.mjs').AttackGroup} group */
function unmetered(group) {
  const isLeftOut = (/** @type {import('../../javascript/attacks.mjs').Attack} */ { name, ends }) =>
    ends.includes('timeout') && !costly.has(name);
  const others = group.attacks.filter(isLeftOut);
  const quick = attacksOf({ ...group, attacks: group.attacks.filter((one) => !isLeftOut(one)) }, false);
  if (others.length === 0) return [quick];
  const slow = attacksOf({ ...group, attacks: others }, false);
  return [quick, { ...slow, name: `${slow.name}-others`, onlyInFull: true }];
}

const attacks = [...attackGroups.map((group) => attacksOf(group, true)), ...attackGroups.flatMap(unmetered)];

/** Sources that the compiler refuses in its worker. */
const refused = ['source-of-10-mb', 'ten-thousand-exports', 'nested-additions'].map((name) => ({
  name: `javascript-${name}`,
  tries: compileCases.find((one) => one.name === name)?.tries ?? '',
  javascript: () => String(compileCases.find((one) => one.name === name)?.source() ?? ''),
  options: { loadTimeoutMs },
  ends: /** @type {const} */ (['invalid-source']),
}));

/** @type {readonly import('../corpus.mjs').HostileCase[]} */
export const javascript = [
  ...attacks,
  ...refused,
  {
    name: 'javascript-loop-at-top-level',
    tries: 'a source whose top level never ends',
    javascript: () => 'export function run() {} while (true);',
    options: { loadTimeoutMs },
    ends: ['timeout'],
  },
  {
    name: 'javascript-loop-in-initialize',
    tries: 'an endless export with the name of one that hosts call at the start',
    javascript: () => 'export function _initialize() { while (true); } export function run() {}',
    // Hosts call only initializers without results.
    ends: ['value'],
  },
  {
    name: 'javascript-never-compiled',
    tries: 'a source of 3 MB whose names take the parser minutes',
    javascript: () =>
      `export function run() {}${Array.from({ length: 250_000 }, (_, index) => `let a${index};`).join('')}`,
    options: { loadTimeoutMs },
    ends: ['load-timeout', 'timeout'],
    onlyInFull: true,
  },
];
