import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findCircles } from './cycles.js';

/** What each node leads to, over any number of edges. */
function reached(graph: readonly (readonly number[])[]): Set<number>[] {
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

test('finds each node once, after all that it leads to but what leads back, whether it leads to itself, and with whom', () => {
  const graphs = fc.integer({ min: 1, max: 9 }).chain((nodes) => {
    const edges = fc.array(fc.nat(nodes - 1), { maxLength: 4 });
    return fc.array(edges, { minLength: nodes, maxLength: nodes });
  });
  fc.assert(
    fc.property(graphs, (graph) => {
      const found: { node: number; isCircle: boolean; root: number }[] = [];
      findCircles(
        graph.length,
        (node, at) => graph[node]?.[at] ?? -1,
        (node, isCircle, root) => found.push({ node, isCircle, root }),
      );
      const leads = reached(graph);
      expect(found.map(({ node }) => node).toSorted((a, b) => a - b)).toEqual(graph.map((_, node) => node));
      found.forEach(({ node, isCircle, root }, at) => {
        expect(isCircle).toBe(leads[node]?.has(node));
        for (const other of found) {
          const sameCircle = node === other.node || (leads[node]?.has(other.node) && leads[other.node]?.has(node));
          expect(root === other.root).toBe(sameCircle);
        }
        const later = found.slice(at + 1).filter((one) => leads[node]?.has(one.node));
        for (const one of later) expect(leads[one.node]?.has(node)).toBe(true);
      });
    }),
    { numRuns: 5_000 },
  );
});

test('follows a chain as long as a module can have', () => {
  let last = -1;
  findCircles(
    200_000,
    (node, at) => (at === 0 && node < 199_999 ? node + 1 : -1),
    (node) => (last = node),
  );
  expect(last).toBe(0);
});
