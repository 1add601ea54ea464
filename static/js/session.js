// What only the pages of a perspt session load: the graph, the charts, copying of long texts.
import { mount as charts } from "./charts.js";
import { mount as copy } from "./copy.js";
import { mount as graph } from "./graph.js";

for (const mount of [graph, charts, copy]) mount();
