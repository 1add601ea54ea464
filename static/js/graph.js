// The task graph of a perspt session. An element with data-graph, data-src (nodes and edges as JSON) and data-panel
// (selector of the panel for the chosen node) becomes a drawing: wheel or two fingers enlarge it, dragging moves it,
// arrow keys walk along the edges, Enter opens a node. Large graphs are laid out in a Worker.
// A node_changed frame recolours its node in place; a node that is not drawn yet has the JSON fetched again.
import { HEIGHT, WIDTH, place } from "./graph-layout.js";

const MANY = 150;
const AGAIN = 700; // ms between two fetches
const SVG = "http://www.w3.org/2000/svg";
const EDGES = { split_sequence: "seq", interface_boundary: "iface" };
const GLYPHS = {
  needs: "M14 13l5 5-5 5-5-5z",
  broken: "M10 14.5l1.5-1.5 2.5 2.5 2.5-2.5 1.5 1.5-2.5 2.5 2.5 2.5-1.5 1.5-2.5-2.5-2.5 2.5-1.5-1.5 2.5-2.5z",
  fine: "M9 18.3l1.6-1.6 2.2 2.2L17.4 13.6l1.6 1.6-6.2 6.6z",
  busy: "M14 15A3 3 0 0 0 14 21z",
  superseded: "M9 17h10v2h-10z",
  paused: "M10 14h3v8h-3zM15 14h3v8h-3z",
};

function draw(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

const cut = (text, most) => (text.length > most ? `${text.slice(0, most / 2)}…${text.slice(-most / 2 + 1)}` : text);
// What is drawn, word for word, then the whole name where it did not fit.
const says = ({ id, word, v }) => `${cut(id, 18)} ${word}${v === null ? "" : ` V ${v.toFixed(2)}`}${id.length > 18 ? `, ${id}` : ""}`;

class Drawing {
  constructor(root) {
    Object.assign(this, { root, svg: root.querySelector("svg"), nodes: new Map(), edges: [], drawn: new Map() });
    Object.assign(this, { view: null, size: null, number: 0, worker: null, timer: null, chosen: root.dataset.chosen });
    this.note = root.querySelector("[data-graph-note]");
  }

  async load() {
    const response = await fetch(this.root.dataset.src, { credentials: "same-origin", cache: "no-store" });
    if (!response.ok) { this.say("The graph could not be fetched."); return; }
    const { nodes, edges, marks } = await response.json();
    const shape = JSON.stringify([nodes.map(({ id }) => id), edges]);
    this.nodes = new Map(nodes.map((node) => [node.id, node]));
    this.marks = marks;
    if (shape === this.shape) { nodes.forEach((node) => this.dress(node)); this.dressEdges(); return; }
    this.shape = shape;
    this.edges = edges;
    this.say(nodes.length > MANY ? `Placing ${nodes.length} nodes…` : "");
    this.show(await this.placed({ nodes: nodes.map(({ id }) => id), edges: edges.map(({ from, to }) => [from, to]) }));
  }

  placed(graph) {
    if (graph.nodes.length <= MANY) return Promise.resolve(place(graph));
    this.worker ??= new Worker(new URL("./graph-worker.js", import.meta.url), { type: "module" });
    this.number += 1;
    const { number, worker } = this;
    return new Promise((resolve, reject) => {
      worker.onerror = reject;
      worker.onmessage = ({ data }) => { if (data.number === number) resolve(data.placed); };
      worker.postMessage({ number, graph });
    });
  }

  say(text) {
    if (this.note) this.note.textContent = text;
  }

  show({ width, height, nodes, edges }) {
    const first = !this.size;
    const focused = document.activeElement?.closest?.(".node")?.dataset.id;
    this.size = { width, height };
    this.drawn.clear();
    const lines = draw("g", {});
    this.lines = edges.map(([index, points]) => {
      const { from, to, kind } = this.edges[index];
      const line = draw("path", { class: `edge ${EDGES[kind] ?? ""}`, d: curve(points), "marker-end": "url(#head)" });
      line.append(draw("title", {}, `${from} → ${to}: ${kind}`));
      lines.append(line);
      return { from, to, line };
    });
    const boxes = draw("g", {});
    nodes.forEach(([id, x, y]) => {
      const group = draw("g", { class: "node", tabindex: "-1", role: "button", transform: `translate(${x} ${y})` });
      group.dataset.id = id;
      this.drawn.set(id, { group, x, y });
      boxes.append(group);
    });
    this.svg.replaceChildren(heads(), lines, boxes);
    this.nodes.forEach((node) => this.dress(node));
    this.dressEdges();
    const entry = this.drawn.get(this.chosen) ?? this.drawn.values().next().value;
    entry?.group.setAttribute("tabindex", "0");
    if (focused) this.drawn.get(focused)?.group.focus();
    if (first) this.fit();
    this.say(`${nodes.length} nodes`);
    this.root.dataset.drawn = nodes.length;
  }

  dress(node) {
    const { group } = this.drawn.get(node.id) ?? {};
    if (!group) return;
    group.dataset.state = node.mark;
    group.setAttribute("aria-label", says(node));
    group.toggleAttribute("aria-current", node.id === this.chosen);
    if (node.id === this.chosen) group.setAttribute("aria-current", "true");
    const glyph = GLYPHS[node.mark];
    group.replaceChildren(
      draw("rect", { class: "box", width: WIDTH, height: HEIGHT, rx: 5 }),
      ...(["busy", "queued", "unknown"].includes(node.mark) ? [draw("circle", { class: "ring", cx: 14, cy: 18, r: 4.5 })] : []),
      ...(glyph ? [draw("path", { class: "g", d: glyph })] : []),
      draw("text", { class: "id", x: 26, y: 22 }, `${cut(node.id, 18)} `),
      draw("text", { class: "word", x: 26, y: 40 }, `${node.word} `),
      draw("text", { class: "sub", x: WIDTH - 9, y: 40, "text-anchor": "end" }, node.v === null ? "" : `V ${node.v.toFixed(2)}`),
    );
  }

  dressEdges() {
    for (const { from, to, line } of this.lines ?? []) {
      line.classList.toggle("done", this.nodes.get(from)?.mark === "fine");
      line.classList.toggle("hot", [from, to].includes(this.chosen));
    }
  }

  fit() {
    this.look({ x: 0, y: 0, w: this.size.width, h: this.size.height });
    const chosen = this.drawn.get(this.chosen);
    const room = this.svg.getBoundingClientRect();
    const scale = Math.min(room.width / this.size.width, room.height / this.size.height);
    if (scale >= 0.35 || !this.drawn.size) return;
    const at = chosen ?? [...this.drawn.values()].find(({ group }) => ["busy", "needs"].includes(group.dataset.state))
      ?? this.drawn.values().next().value;
    this.centre(at, room.width / 0.8);
  }

  whole() { this.look({ x: 0, y: 0, w: this.size.width, h: this.size.height }); }

  centre({ x, y }, w = this.view.w) {
    const room = this.svg.getBoundingClientRect();
    const h = w * (room.height / room.width);
    this.look({ x: x + WIDTH / 2 - w / 2, y: y + HEIGHT / 2 - h / 2, w, h });
  }

  look(view) {
    this.view = view;
    this.svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
  }

  zoom(factor, at = { x: this.view.x + this.view.w / 2, y: this.view.y + this.view.h / 2 }) {
    const w = Math.min(Math.max(this.view.w * factor, 240), Math.max(this.size.width, this.size.height) * 4);
    const real = w / this.view.w;
    this.look({ x: at.x - (at.x - this.view.x) * real, y: at.y - (at.y - this.view.y) * real, w, h: this.view.h * real });
  }

  point(event) {
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
  }

  choose(id) {
    const before = this.chosen;
    this.chosen = id;
    [before, id].forEach((one) => { if (this.nodes.has(one)) this.dress(this.nodes.get(one)); });
    this.dressEdges();
    const { href, page } = this.nodes.get(id) ?? {};
    if (!href) return;
    window.htmx.ajax("GET", href, { target: this.root.dataset.panel, swap: "outerHTML" });
    if (page) history.replaceState(history.state, "", page);
  }

  // The next node along an edge, or above and below in the same layer.
  walk(id, key) {
    const here = this.drawn.get(id);
    const near = (ids) => ids.map((one) => [one, this.drawn.get(one)]).filter(([, one]) => one)
      .sort(([, a], [, b]) => Math.abs(a.y - here.y) - Math.abs(b.y - here.y))[0]?.[0];
    if (key === "ArrowRight") return near(this.edges.filter(({ from }) => from === id).map(({ to }) => to));
    if (key === "ArrowLeft") return near(this.edges.filter(({ to }) => to === id).map(({ from }) => from));
    const down = key === "ArrowDown";
    const beside = [...this.drawn].filter(([, one]) => Math.abs(one.x - here.x) < WIDTH / 2 && (down ? one.y > here.y : one.y < here.y));
    return near(beside.map(([one]) => one));
  }

  focus(id) {
    const next = this.drawn.get(id);
    if (!next) return;
    this.svg.querySelectorAll('.node[tabindex="0"]').forEach((node) => node.setAttribute("tabindex", "-1"));
    next.group.setAttribute("tabindex", "0");
    next.group.focus({ preventScroll: true });
    const { x, y, w, h } = this.view;
    if (next.x < x || next.y < y || next.x + WIDTH > x + w || next.y + HEIGHT > y + h) this.centre(next);
  }

  again() {
    if (this.timer) return;
    this.timer = setTimeout(() => { this.timer = null; this.load().catch(() => this.say("The graph is out of date.")); }, AGAIN);
  }

  hear(frames) {
    const { session } = this.root.dataset;
    const ours = frames.filter((frame) => ["node_changed", "session_changed"].includes(frame.kind) && names(frame, session));
    for (const { kind, node } of ours) {
      const known = kind === "node_changed" && node && this.nodes.get(node.node_id ?? node.id);
      if (!known || !this.drawn.has(known.id)) { this.again(); continue; }
      Object.assign(known, { mark: this.marks[node.state] ?? "unknown", word: node.state || "unknown", v: node.v_total ?? known.v });
      this.dress(known);
      this.dressEdges();
    }
  }
}

const names = (frame, session) => [frame.session, frame.external_id, frame.session?.external_id].includes(session);

function heads() {
  const defs = draw("defs", {});
  const marker = draw("marker", { id: "head", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" });
  marker.append(draw("path", { class: "head", d: "M0 .8 7 4 0 7.2z" }));
  defs.append(marker);
  return defs;
}

function curve(points) {
  const [[x, y], ...rest] = points;
  if (rest.length < 2) return `M${x} ${y}${rest.map((point) => `L${point.join(" ")}`).join("")}`;
  let path = `M${x} ${y}`;
  for (let i = 0; i < rest.length - 1; i += 1) {
    const [cx, cy] = rest[i];
    const last = i === rest.length - 2;
    const end = last ? rest[i + 1] : [(cx + rest[i + 1][0]) / 2, (cy + rest[i + 1][1]) / 2];
    path += `Q${cx} ${cy} ${end[0]} ${end[1]}`;
  }
  return path;
}

function wire(drawing) {
  const { root, svg } = drawing;
  const fingers = new Map();
  let moved = 0;
  root.addEventListener("wheel", (event) => {
    if (!drawing.view || !(event.ctrlKey || event.metaKey || root.contains(document.activeElement))) return;
    event.preventDefault();
    drawing.zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, drawing.point(event));
  }, { passive: false });
  svg.addEventListener("pointerdown", (event) => { fingers.set(event.pointerId, event); moved = 0; });
  svg.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before || !drawing.view) return;
    const [a, b] = [drawing.point(before), drawing.point(event)];
    moved += Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY);
    if (fingers.size === 2) {
      const other = [...fingers.values()].find((one) => one.pointerId !== event.pointerId);
      const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
      drawing.zoom(apart(before) / apart(event), drawing.point(other));
    } else {
      if (moved > 4) { root.classList.add("dragging"); svg.setPointerCapture(event.pointerId); }
      drawing.look({ ...drawing.view, x: drawing.view.x + a.x - b.x, y: drawing.view.y + a.y - b.y });
    }
    fingers.set(event.pointerId, event);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    svg.addEventListener(name, (event) => { fingers.delete(event.pointerId); root.classList.remove("dragging"); });
  }
  svg.addEventListener("click", ({ target }) => {
    const node = target.closest(".node");
    if (node && moved <= 4) { drawing.focus(node.dataset.id); drawing.choose(node.dataset.id); }
  });
  svg.addEventListener("keydown", (event) => {
    const node = event.target.closest(".node");
    if (!node || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") drawing.choose(node.dataset.id);
    else if (event.key.startsWith("Arrow")) drawing.focus(drawing.walk(node.dataset.id, event.key));
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  root.addEventListener("click", ({ target }) => {
    const tool = target.closest("[data-graph-do]")?.dataset.graphDo;
    if (!tool || !drawing.view) return;
    if (tool === "fit") drawing.whole();
    else drawing.zoom(tool === "in" ? 1 / 1.3 : 1.3);
  });
  document.addEventListener("feed:frames", ({ detail }) => drawing.hear(detail));
  document.addEventListener("feed:reset", () => drawing.again());
}

export function mount() {
  for (const root of document.querySelectorAll("[data-graph]")) {
    const drawing = new Drawing(root);
    wire(drawing);
    drawing.load().catch(() => drawing.say("The graph could not be drawn; the list below has the same."));
  }
}
