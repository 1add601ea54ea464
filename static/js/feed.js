// The client of the event feed. It connects to html[data-feed], starts at the seq and epoch the page was rendered at,
// so nothing between rendering and connecting is lost, and resumes there after every break.
// It announces on the document: feed:frames (new frames, in order), feed:reset (the log is another one, or it no
// longer holds what was missed: fetch everything again), feed:tally (how many frames came late or never), feed:state (connecting, live, reconnecting, offline).
import { setServerTime } from "./clocks.js";

const ACK_FRAMES = 500;
const ACK_EVERY = 1500; // ms; the contract asks for 2 s
const RETRY_MAX = 15000;
const ASLEEP = 15000; // a timer that comes this late: the computer slept, the socket may be half dead

const announce = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

export class Feed {
  constructor(url, { seq, epoch }) {
    Object.assign(this, { url, seq, epoch, acked: seq, tries: 0, brokenSince: null, socket: null, timer: null });
    Object.assign(this, { head: seq, backfilled: 0, dropped: 0 });
  }

  connect() {
    clearTimeout(this.timer);
    const url = new URL(this.url, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.searchParams.set("after", this.seq);
    url.searchParams.set("epoch", this.epoch);
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.onmessage = ({ data }) => { if (socket === this.socket) this.receive(JSON.parse(data)); };
    socket.onclose = ({ code }) => { if (socket === this.socket) this.lost(code); };
  }

  receive(message) {
    const fresh = [];
    let reset = false;
    for (const frame of Array.isArray(message) ? message : [message]) {
      if (frame.kind === "hello") reset = this.greet(frame) || reset;
      else if (frame.kind === "gap") { this.lose(frame); reset = true; }
      else if (frame.kind === "mark") this.seq = Math.max(this.seq, frame.seq);
      else if (frame.seq === undefined) fresh.push(frame); // a heartbeat: not part of the log
      else if (frame.seq > this.seq) { this.take(frame); fresh.push(frame); }
    }
    announce("feed:tally", { backfilled: this.backfilled, dropped: this.dropped });
    if (reset) announce("feed:reset");
    if (fresh.length) announce("feed:frames", fresh);
    if (this.seq - this.acked >= ACK_FRAMES) this.acknowledge();
  }

  take(frame) {
    if (frame.seq <= this.head) this.backfilled += 1; // it happened while we were away
    this.seq = frame.seq;
  }

  // What the log no longer holds cannot be told frame by frame; the lists are fetched again instead.
  lose(gap) {
    this.dropped += Math.max(0, gap.to - Math.max(this.seq, gap.from - 1));
    this.seq = Math.max(this.seq, gap.to);
  }

  greet(hello) {
    const other = hello.epoch !== this.epoch || hello.seq < this.seq;
    this.head = hello.seq;
    if (other) Object.assign(this, { epoch: hello.epoch, seq: hello.seq, acked: hello.seq });
    setServerTime(hello.now);
    Object.assign(this, { tries: 0, brokenSince: null });
    announce("feed:state", { state: "live", version: hello.version });
    return other;
  }

  acknowledge() {
    if (this.seq <= this.acked || this.socket?.readyState !== WebSocket.OPEN) return;
    this.socket.send(JSON.stringify({ ack: this.seq }));
    this.acked = this.seq;
  }

  lost(code) {
    this.brokenSince ??= Date.now();
    this.acked = this.seq;
    const refused = code === 4401 || code === 4403; // no longer signed in: trying again would not help
    const offline = refused || !navigator.onLine || Date.now() - this.brokenSince > 60000;
    announce("feed:state", { state: offline ? "offline" : "reconnecting", since: this.brokenSince, refused });
    if (refused) return;
    const pause = Math.min(RETRY_MAX, 400 * 2 ** this.tries) * (0.5 + Math.random() / 2);
    this.tries += 1;
    this.timer = setTimeout(() => this.connect(), code === 4008 ? 0 : pause);
  }

  again() {
    const old = this.socket;
    this.socket = null; // its close is not news any more
    old?.close();
    this.tries = 0;
    this.connect();
  }
}

export function mount(root = document.documentElement) {
  const { feed: url, seq, epoch } = root.dataset;
  if (!url) return;
  const feed = new Feed(url, { seq: Number(seq), epoch });
  announce("feed:state", { state: "connecting" });
  feed.connect();

  let looked = Date.now();
  setInterval(() => {
    const slept = Date.now() - looked > ASLEEP + ACK_EVERY && !document.hidden;
    looked = Date.now();
    if (slept) feed.again();
    else feed.acknowledge();
  }, ACK_EVERY);
  addEventListener("online", () => feed.again());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && feed.brokenSince) feed.again();
  });
  document.addEventListener("feed:wanted", () => feed.again());
  addEventListener("pageshow", ({ persisted }) => { if (persisted) feed.again(); }); // back from the page cache
}
