/**
 * Tarjan's algorithm: finds the strongly connected components of a graph, each after all that it leads to, and their members one by
 * one, in the end those that led to the others. `isCircle`: it leads to itself. `root`: the member that its circle is known by, which is
 * found last. An edge of -1 is past the last. Without recursion: a chain of calls can be as long as a module has functions.
 */
export function findCircles(
  nodes: number,
  edge: (node: number, at: number) => number,
  found: (node: number, isCircle: boolean, root: number) => void,
): void {
  const order = new Uint32Array(nodes);
  const low = new Uint32Array(nodes);
  const next = new Uint32Array(nodes);
  const onStack = new Uint8Array(nodes);
  const toItself = new Uint8Array(nodes);
  const stack = new Uint32Array(nodes);
  let onTop = 0;
  // The way from the root to the node that is looked at.
  const path = new Uint32Array(nodes);
  let length = 0;
  let visited = 0;
  const enter = (node: number): void => {
    visited += 1;
    order[node] = visited;
    low[node] = visited;
    onStack[node] = 1;
    stack[onTop++] = node;
    path[length++] = node;
  };
  const leave = (node: number): void => {
    if (low[node] !== order[node]) return;
    const isCircle = stack[onTop - 1] !== node || toItself[node] === 1;
    let member;
    do {
      onTop -= 1;
      member = stack[onTop] ?? node;
      onStack[member] = 0;
      found(member, isCircle, node);
    } while (member !== node);
  };
  for (let root = 0; root < nodes; root += 1) {
    if (order[root] === 0) enter(root);
    while (length > 0) {
      const node = path[length - 1] ?? 0;
      const target = edge(node, next[node] ?? 0);
      next[node] = (next[node] ?? 0) + 1;
      if (target === -1) {
        length -= 1;
        leave(node);
        const parent = path[length - 1];
        if (length > 0 && parent !== undefined) low[parent] = Math.min(low[parent] ?? 0, low[node] ?? 0);
      } else {
        if (target === node) toItself[node] = 1;
        if (order[target] === 0) enter(target);
        else if (onStack[target] === 1) low[node] = Math.min(low[node] ?? 0, order[target] ?? 0);
      }
    }
  }
}
