/**
 * Finds the strongly connected components of a directed graph (Gabow, https://doi.org/10.1016/S0020-0190(00)00051-X).
 *
 * `edge` returns the target of the edge `at` of a node, or -1 when there is none. `found` is called once per node. A component is
 * reported after every other component that it leads to, and its `root`, which identifies it, comes last. Iterative, because a chain
 * of calls can be as long as a module has functions.
 */
export function findComponents(
  nodes: number,
  edge: (node: number, at: number) => number,
  found: (node: number, root: number) => void,
): void {
  /** When each node was first visited: 0 for not yet, Infinity once its component was reported. */
  const order = new Float64Array(nodes);
  const next = new Uint32Array(nodes);
  const path: number[] = [];
  const open: number[] = [];
  const roots: number[] = [];
  let visited = 0;
  const visit = (node: number): void => {
    visited += 1;
    order[node] = visited;
    path.push(node);
    open.push(node);
    roots.push(node);
  };
  for (let start = 0; start < nodes; start += 1) {
    if (order[start] === 0) visit(start);
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const at = next[node] ?? 0;
      next[node] = at + 1;
      const target = edge(node, at);
      if (target < 0) {
        path.pop();
        if (roots.at(-1) !== node) continue;
        roots.pop();
        for (let member = -1; member !== node;) {
          member = open.pop() ?? node;
          order[member] = Infinity;
          found(member, node);
        }
      } else if (order[target] === 0) visit(target);
      else while ((order[roots.at(-1) ?? node] ?? 0) > (order[target] ?? 0)) roots.pop();
    }
  }
}
