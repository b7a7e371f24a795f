import type { ChangeRecord, DirectoryNode, NodeSaver, Times, TreeNode } from '../tree.js';

interface Saved {
  readonly links: number;
  readonly times: Readonly<Times>;
  /** Null if it is no directory. */
  readonly directory: Pick<DirectoryNode, 'entries' | 'parent' | 'removed'> | null;
}

/** Nodes as they were, so that changes of their entries can be undone. */
export class Savepoint implements NodeSaver {
  readonly #saved = new Map<TreeNode, Saved>();

  save(node: TreeNode): void {
    if (this.#saved.has(node)) return;
    const directory = node.kind === 'directory' ? { ...node, entries: new Map(node.entries) } : null;
    this.#saved.set(node, { links: node.links, times: { ...node.times }, directory });
  }

  restore(changes: ChangeRecord | null): void {
    for (const [node, { links, times, directory }] of this.#saved) {
      Object.assign(node.times, times);
      node.links = links;
      // What had no entry was added since then.
      if (links === 0 && node !== node.volume.root) {
        discard(node);
        continue;
      }
      changes?.node(node);
      if (node.kind === 'directory' && directory !== null) restoreEntries(node, directory, changes);
    }
  }
}

function restoreEntries(
  node: DirectoryNode,
  { entries, parent, removed }: NonNullable<Saved['directory']>,
  changes: ChangeRecord | null,
): void {
  node.parent = parent;
  node.removed = removed;
  for (const name of new Set([...node.entries.keys(), ...entries.keys()])) {
    const before = entries.get(name)?.node ?? null;
    if (node.entries.get(name)?.node !== before) changes?.entry(node, name, before);
  }
  node.entries.clear();
  for (const [name, entry] of entries) node.entries.set(name, entry);
}

/** Makes a node that was added look as if it had never had an entry. */
function discard(node: TreeNode): void {
  if (node.kind === 'directory') node.removed = true;
  else if (node.kind === 'file') node.contents.resize(0);
}
