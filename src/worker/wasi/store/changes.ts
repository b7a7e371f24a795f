import type { JournalStep } from '../../../contract/storage/stored-journal.js';
import type { ChangeRecord, DirectoryNode, FileNode, TreeNode } from '../tree.js';

/** What has changed in a stored directory since its last commit: the steps of the next one. */
export class Changes implements ChangeRecord {
  readonly #nodes = new Set<TreeNode>();
  readonly #entries = new Map<DirectoryNode, Map<string, TreeNode | null>>();

  get isEmpty(): boolean {
    return this.#nodes.size === 0 && this.#entries.size === 0;
  }

  node(node: TreeNode): void {
    this.#nodes.add(node);
  }

  entry(directory: DirectoryNode, name: string, node: TreeNode | null): void {
    const entries = this.#entries.get(directory) ?? new Map<string, TreeNode | null>();
    // Deleted first, so that the order of additions is kept.
    entries.delete(name);
    entries.set(name, node);
    this.#entries.set(directory, entries);
  }

  /** Returns the files whose contents may have changed. */
  files(): FileNode[] {
    return Array.from(this.#nodes).filter((node): node is FileNode => node.kind === 'file' && node.links > 0);
  }

  /** Returns the steps of a commit. Every changed chunk has been stored. */
  steps(): JournalStep[] {
    const nodes = Array.from(this.#nodes).filter((node) => node.links > 0 || isRoot(node));
    const directories = Array.from(this.#entries).filter(([directory]) => !directory.removed);
    return [
      ...nodes.map(nodeStep),
      ...nodes.flatMap((node) => (node.kind === 'file' ? chunkSteps(node, node.contents.changed) : [])),
      ...directories.flatMap(([{ inode }, entries]) =>
        Array.from(entries, ([name, node]): JournalStep => ['entry', inode, name, node?.inode ?? 0]),
      ),
    ];
  }

  /** Called when the steps are stored. */
  clear(): void {
    for (const node of this.#nodes) if (node.kind === 'file') node.contents.changed.clear();
    this.#nodes.clear();
    this.#entries.clear();
  }
}

/** Returns the steps that create the whole directory. Every chunk has been stored. */
export function wholeSteps(root: DirectoryNode): JournalStep[] {
  const seen = new Set<TreeNode>();
  const entries: JournalStep[] = [];
  const visit = (node: TreeNode): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (node.kind !== 'directory') return;
    for (const [name, { node: child }] of node.entries) {
      entries.push(['entry', node.inode, name, child.inode]);
      visit(child);
    }
  };
  visit(root);
  const nodes = Array.from(seen);
  const chunks = nodes.flatMap((node) =>
    node.kind === 'file'
      ? chunkSteps(
          node,
          Array.from(node.contents.chunks(), ([index]) => index),
        )
      : [],
  );
  return [...nodes.map(nodeStep), ...chunks, ...entries];
}

function isRoot(node: TreeNode): boolean {
  return node === node.volume.root;
}

function nodeStep(node: TreeNode): JournalStep {
  const { accessed, modified, changed } = node.times;
  const times = [String(accessed), String(modified), String(changed)] as const;
  const detail = node.kind === 'file' ? node.contents.size : node.kind === 'symlink' ? node.target : 0;
  return ['node', node.inode, node.kind, times, detail];
}

function chunkSteps({ inode, contents }: FileNode, indexes: Iterable<number>): JournalStep[] {
  const places = Array.from(indexes, (index) => {
    const { at, length } = contents.chunk(index)?.extent ?? { at: 0, length: 0 };
    return [index, at, length];
  }).flat();
  return places.length === 0 ? [] : [['chunks', inode, places]];
}
