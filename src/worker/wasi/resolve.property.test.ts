import fc from 'fast-check';
import { expect, test } from 'vitest';
import { errno, type ErrnoName, Refusal } from './errno.js';
import { type LastSymlink, resolve } from './resolve.js';
import { type DirectoryNode, type TreeNode, Volume } from './tree.js';
import { walk } from './walk.js';
import { runCount } from '../../contract/test-runs.js';

/** The model of a tree: each entry by its full path. The root has the empty path. */
type Model = ReadonlyMap<string, 'directory' | 'file' | { readonly link: string }>;

class ModelRefusal {
  constructor(readonly name: ErrnoName) {}
}

/** Returns the full path to which `path` resolves, also if its last entry does not exist. It is independent of `resolve`, and recurses over whole paths. */
function modelResolve(model: Model, path: string, last: LastSymlink): string {
  let links = 0;
  const utf8 = new TextEncoder();
  const go = (from: readonly string[], text: string, end: LastSymlink): readonly string[] => {
    const no = (name: ErrnoName): never => {
      throw new ModelRefusal(name);
    };
    if (text.length === 0) no('noent');
    if (text[0] === '/') no('notcapable');
    if (text.split('').includes('\0')) no('inval');
    const steps = text.split('/');
    if (steps.some((step) => utf8.encode(step).length > 255)) no('nametoolong');
    let at = from;
    while (steps.length > 0) {
      const step = steps.shift() ?? '';
      const rest = steps.filter((one) => one !== '');
      if (step === '' || step === '.') continue;
      if (step === '..') {
        if (at.length === 0) no('notcapable');
        at = at.slice(0, -1);
        continue;
      }
      const next = [...at, step];
      const found = model.get(next.join('/'));
      const slash = rest.length === 0 && steps.length > 0;
      if (typeof found === 'object' && (rest.length > 0 || end === 'follow' || (slash && end === 'stay'))) {
        links += 1;
        if (links > 40) no('loop');
        // The rest of the path is resolved from the link's target.
        const trailing = steps.at(-1) === '';
        return go(at, rest.length > 0 || slash ? joinRest(found.link, rest, trailing) : found.link, end);
      }
      if (rest.length > 0) {
        if (found === undefined) no('noent');
        if (found !== 'directory') no('notdir');
      } else if (slash && found !== undefined && found !== 'directory') no('notdir');
      at = next;
    }
    return at;
  };
  if (path.length > 0 && path[0] !== '/' && utf8.encode(path).length > 4_096) throw new ModelRefusal('nametoolong');
  return go([], path, last).join('/');
}

/** Appends the remaining names to a link's target. A slash at the end of the path applies to the final target, through any number of links. */
function joinRest(link: string, rest: readonly string[], trailing: boolean): string {
  return `${link}/${rest.join('/')}${trailing && rest.length > 0 ? '/' : ''}`;
}

const name = fc.constantFrom('a', 'b', 'A', 'ü', '__proto__');
const step = fc.oneof({ weight: 6, arbitrary: name }, { weight: 3, arbitrary: fc.constantFrom('.', '..', '') });
const odd = fc.constantFrom(
  '\0',
  'x'.repeat(255),
  'x'.repeat(256),
  'ü'.repeat(128),
  '...',
  ' ',
  '\\',
  '%2e%2e',
  '\uFFFD',
);
const path = fc
  .array(fc.oneof({ weight: 12, arbitrary: step }, { weight: 1, arbitrary: odd }), { maxLength: 8 })
  .map((steps) => steps.join('/'));
const places = fc.array(name, { minLength: 1, maxLength: 3 });
const entry = fc.oneof(
  fc.record({ at: places, make: fc.constant<'directory'>('directory') }),
  fc.record({ at: places, make: fc.constant<'file'>('file') }),
  fc.record({ at: places, make: fc.record({ link: path.filter((text) => text !== '') }) }),
);

/** Builds the same tree as a volume and as a model. Entries that conflict with an earlier one are skipped in both. */
function build(entries: readonly (typeof entry extends fc.Arbitrary<infer Entry> ? Entry : never)[]) {
  const limits = { maxBytes: 0, maxEntries: 1_000, readOnly: false, symlinks: true };
  const volume = new Volume({ device: 1, limits, now: () => 0n, onQuota: () => {} });
  const model = new Map<string, 'directory' | 'file' | { readonly link: string }>([['', 'directory']]);
  for (const { at, make } of entries) {
    const above = at.slice(0, -1).join('/');
    const own = at.at(-1) ?? '';
    if (model.get(above) !== 'directory' || model.has(at.join('/'))) continue;
    let parent: DirectoryNode = volume.root;
    for (const one of at.slice(0, -1)) parent = parent.entries.get(one)?.node as DirectoryNode;
    model.set(at.join('/'), make);
    if (make === 'directory') volume.add(parent, own, volume.makeDirectory());
    else volume.add(parent, own, make === 'file' ? volume.makeFile() : volume.makeSymlink(make.link));
  }
  return { volume, model };
}

function attempt<Value>(run: () => Value): Value | number {
  try {
    return run();
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown.errno;
    if (thrown instanceof ModelRefusal) return errno[thrown.name];
    throw thrown;
  }
}

/** Returns the full path of a place. */
function nameOf(volume: Volume, place: { node: TreeNode | null; parent: DirectoryNode | null; name: string }): string {
  const paths = new Map<TreeNode, string>(Array.from(walk(volume.root), ([full, node]) => [node, full]));
  paths.set(volume.root, '');
  if (place.parent === null) return paths.get(place.node as TreeNode) ?? 'outside';
  const above = paths.get(place.parent) ?? 'outside';
  return above === '' ? place.name : `${above}/${place.name}`;
}

test('paths resolve as in the model, and never outside the root', () => {
  fc.assert(
    fc.property(
      fc.array(entry, { maxLength: 12 }),
      path,
      fc.constantFrom<LastSymlink>('follow', 'stay', 'entry'),
      (entries, text, last) => {
        const { volume, model } = build(entries);
        const expected = attempt(() => modelResolve(model, text, last));
        const actual = attempt(() => nameOf(volume, resolve(volume.root, text, last)));
        expect(actual).toEqual(expected);
      },
    ),
    { numRuns: runCount(100_000) },
  );
});
