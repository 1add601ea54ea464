// Charts drawn from the table that shows the same numbers: <div data-chart="stack|bars|dots|lines" data-table="#id">.
// The table's first column is x (data-v of its cells, unix seconds or a number; data-x="time" on the chart says which),
// every heading with data-series="1…5" or "0" (the total, in ink) is a series, data-v of its cells the values.
// Colours are read from the custom properties, and again when the theme changes.
import uPlot from "../uplot/uPlot.esm.js";

const drawn = new Map(); // element → uPlot

function colour(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

function read(table) {
  const heads = [...table.querySelectorAll("thead th")];
  const columns = heads.map((head, index) => ({ index, series: head.dataset.series, label: head.textContent.trim() }))
    .filter(({ series }) => series !== undefined);
  const rows = [...table.querySelectorAll("tbody tr")].map((row) => [...row.cells].map((cell) => cell.dataset.v))
    .filter((row) => row[0] !== undefined);
  const number = (text) => (text === undefined || text === "" ? null : Number(text));
  rows.sort((a, b) => Number(a[0]) - Number(b[0]));
  return { x: rows.map((row) => Number(row[0])), columns, values: columns.map(({ index }) => rows.map((row) => number(row[index]))) };
}

function stacked(values, totals) {
  const sums = [];
  return values.map((column, index) => {
    if (totals[index]) return column;
    return column.map((value, row) => { sums[row] = (sums[row] ?? 0) + (value ?? 0); return value === null ? null : sums[row]; });
  });
}

function series({ columns, x }, kind) {
  const { bars, points } = uPlot.paths;
  const alone = x.length === 1; // a line through one point would not be seen
  return columns.map(({ series: number, label }) => {
    const total = number === "0";
    const stroke = colour(total ? "--ink" : `--data-${number}`);
    const solid = !["lines", "dots"].includes(kind) && !total;
    return {
      label, stroke, width: solid ? 0 : 1.5, fill: solid ? stroke : undefined, spanGaps: false,
      paths: kind === "dots" ? points?.() ?? (() => null) : solid ? bars({ size: [0.7, 48] }) : undefined,
      points: { show: kind === "dots" || total || (alone && !solid), size: kind === "dots" ? 4 : 5, fill: total ? colour("--surface") : stroke },
    };
  });
}

// Seconds between marks on an axis of times: a clock without seconds has none closer than a minute.
const MARKS = [1, 5, 15, 30, 60, 180, 360, 720, 1440, 10080, 43200].map((minutes) => minutes * 60);

function axes(time, unit) {
  const [ink, grid] = [colour("--ink-3"), colour("--line")];
  const font = "11px ui-sans-serif, system-ui, sans-serif";
  const common = { stroke: ink, font, ticks: { show: false } };
  const short = (value) => (Math.abs(value) >= 1e6 ? `${value / 1e6} M` : Math.abs(value) >= 1000 ? `${value / 1000} k` : `${value}`);
  return [
    { ...common, grid: { show: false }, size: 24, ...(time ? { values: (_, marks) => clock(marks), incrs: MARKS } : { incrs: [1, 2, 5, 10, 20, 50, 100, 500, 1000] }) },
    { ...common, grid: { stroke: grid, width: 1 }, size: 52, values: (_, marks) => marks.map((mark) => `${short(mark)}${unit}`) },
  ];
}

function render(element) {
  const table = document.querySelector(element.dataset.table);
  if (!table) return;
  drawn.get(element)?.destroy();
  const { chart: kind, x, unit } = element.dataset;
  const data = read(table);
  if (!data.x.length) { element.replaceChildren(); return; }
  const totals = data.columns.map(({ series: number }) => number === "0");
  const stack = kind === "stack" || kind === "bars";
  const values = stack ? stacked(data.values, totals) : data.values;
  const order = data.columns.map((_, index) => index);
  if (stack) order.sort((a, b) => (totals[a] - totals[b]) || (b - a)); // the tallest behind, the total in front
  const time = x === "time";
  element.dataset.points = data.x.length;
  drawn.set(element, new uPlot({
    width: Math.max(element.clientWidth, 200), height: Number(element.dataset.height ?? 180),
    padding: [8, 8, 0, 0], cursor: { y: false, points: { size: 6 } }, legend: { show: false },
    scales: { x: { time, range: sides(data.x, stack, time) }, y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.08 : 1] } },
    axes: axes(time, unit ? ` ${unit}` : ""), hooks: { setCursor: [(plot) => tip(element, plot, data)] },
    series: [{}, ...order.map((index) => series(data, kind)[index])],
  }, [data.x, ...order.map((index) => values[index])], element));
}

// The nearest row under the pointer, in words: what the table says, series by series.
function tip(element, plot, { x, columns, values }) {
  const box = element.querySelector(".tip") ?? element.appendChild(Object.assign(document.createElement("div"), { className: "tip", hidden: true }));
  const { idx, left } = plot.cursor;
  box.hidden = idx === null || idx === undefined || left < 0;
  if (box.hidden) return;
  const head = document.createElement("b");
  head.textContent = element.dataset.x === "time" ? new Date(x[idx] * 1000).toLocaleString("en-GB") : `no. ${x[idx]}`;
  const list = document.createElement("dl");
  columns.forEach(({ label }, index) => {
    const value = values[index][idx];
    const [gap, name, text] = [document.createElement("dt"), document.createElement("dt"), document.createElement("dd")];
    name.textContent = label;
    text.textContent = value === null ? "–" : Number(value.toPrecision(6)).toLocaleString("en-GB");
    list.append(gap, name, text);
  });
  box.replaceChildren(head, list);
  const right = left + plot.bbox.left / devicePixelRatio + 12;
  box.style.left = `${right + box.offsetWidth < element.clientWidth ? right : right - box.offsetWidth - 24}px`;
  box.style.top = "8px";
}

// Times of day; days where the marks are days apart.
function clock(marks) {
  const days = marks.length > 1 && marks[1] - marks[0] >= 86400;
  const style = days ? { day: "numeric", month: "short" } : { hour: "2-digit", minute: "2-digit" };
  return marks.map((mark) => new Date(mark * 1000).toLocaleString("en-GB", style));
}

// Room beside the first and the last bar.
function sides(x, bars, time) {
  const gap = x.length > 1 ? (x.at(-1) - x[0]) / (x.length - 1) : time ? 600 : 1;
  const room = bars || x.length === 1 ? gap / 2 : 0;
  return [x[0] - room, x.at(-1) + room];
}

const all = () => document.querySelectorAll("[data-chart]");

export function mount() {
  const redraw = () => all().forEach(render);
  redraw();
  let timer = null;
  const later = () => { clearTimeout(timer); timer = setTimeout(redraw, 120); };
  addEventListener("resize", later);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", later);
  new MutationObserver(later).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  document.addEventListener("part:changed", later);
  document.addEventListener("htmx:afterSettle", later);
}
