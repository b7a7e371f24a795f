import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findComponents } from './cycles.js';
import { runCount } from '../../contract/test-runs.js';

/** For each node, every node that one or more edges lead to. */
function reachable(graph: readonly (readonly number[])[]): Set<number>[] {
  return graph.map((_, from) => {
    const seen = new Set<number>();
    const queue = [...(graph[from] ?? [])];
    for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      queue.push(...(graph[node] ?? []));
    }
    return seen;
  });
}

test('reports each node once, with its component, after the components it leads to', () => {
  const graphs = fc.integer({ min: 1, max: 9 }).chain((nodes) => {
    const edges = fc.array(fc.nat(nodes - 1), { maxLength: 4 });
    return fc.array(edges, { minLength: nodes, maxLength: nodes });
  });
  fc.assert(
    fc.property(graphs, (graph) => {
      const found: { node: number; root: number }[] = [];
      findComponents(
        graph.length,
        (node, at) => graph[node]?.[at] ?? -1,
        (node, root) => found.push({ node, root }),
      );
      const leadsTo = reachable(graph);
      expect(found.map(({ node }) => node).toSorted((a, b) => a - b)).toEqual(graph.map((_, node) => node));
      found.forEach(({ node, root }, at) => {
        for (const other of found) {
          const isSame = node === other.node || (leadsTo[node]?.has(other.node) && leadsTo[other.node]?.has(node));
          expect(root === other.root).toBe(isSame);
        }
        const later = found.slice(at + 1).filter((one) => leadsTo[node]?.has(one.node));
        for (const one of later) expect(leadsTo[one.node]?.has(node)).toBe(true);
        if (found[at + 1]?.root !== root) expect(node).toBe(root);
      });
    }),
    { numRuns: runCount(5_000) },
  );
});

test('follows a chain of 200,000 nodes without recursion', () => {
  let last = -1;
  findComponents(
    200_000,
    (node, at) => (at === 0 && node < 199_999 ? node + 1 : -1),
    (node) => (last = node),
  );
  expect(last).toBe(0);
});
