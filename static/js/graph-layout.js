// Where the nodes of a task graph stand: layers from left to right. Used in the page for small graphs and in a Worker
// (graph-worker.js) for large ones, which take seconds.
import { Graph, layout } from "../dagre/dagre.esm.js";

export const WIDTH = 168;
export const HEIGHT = 52;

export function place({ nodes, edges }) {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 18, ranksep: 44, marginx: 12, marginy: 12 });
  graph.setDefaultEdgeLabel(() => ({}));
  const known = new Set(nodes);
  nodes.forEach((id) => graph.setNode(id, { width: WIDTH, height: HEIGHT }));
  edges.forEach(([from, to], index) => {
    if (known.has(from) && known.has(to) && from !== to) graph.setEdge(from, to, {}, String(index));
  });
  layout(graph);
  const { width, height } = graph.graph();
  return {
    width: Math.max(width || 0, WIDTH + 24),
    height: Math.max(height || 0, HEIGHT + 24),
    nodes: nodes.map((id) => { const { x, y } = graph.node(id); return [id, x - WIDTH / 2, y - HEIGHT / 2]; }),
    edges: graph.edges().map((edge) => [Number(edge.name), graph.edge(edge).points.map(({ x, y }) => [x, y])]),
  };
}
