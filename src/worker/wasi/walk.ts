import type { DirectoryNode, TreeNode } from './tree.js';

/** Yields every entry below the root, directories before their contents. */
export function* walk(directory: DirectoryNode, prefix = ''): Generator<readonly [path: string, node: TreeNode]> {
  for (const [name, { node }] of directory.entries) {
    yield [prefix + name, node];
    if (node.kind === 'directory') yield* walk(node, `${prefix}${name}/`);
  }
}
