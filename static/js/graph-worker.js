// Lays out a large graph beside the page, which stays usable meanwhile.
import { place } from "./graph-layout.js";

addEventListener("message", ({ data }) => postMessage({ number: data.number, placed: place(data.graph) }));
