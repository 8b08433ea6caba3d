// One websocket to the studio's events. It comes back by itself with what was missed (`after`), and polls while it cannot.
const FIRST_WAIT = 500;
const LONGEST_WAIT = 20_000;
const POLL_EVERY = 5_000;
const PING_EVERY = 25_000;
// Passing by, with the number of the last event: never replayed, never heard twice.
const PASSING = new Set(["presence", "typing"]);

export class LiveSocket {
  // address: path with its query. after: number of the last event already shown. hear(event); poll() while there is no connection; tell(connected).
  constructor({ address, after, hear, poll, tell }) {
    Object.assign(this, { address, after, hear, poll, tell, tries: 0, closed: false });
    this.connect();
  }

  connect() {
    const url = new URL(this.address, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    if (this.after !== null) url.searchParams.set("after", this.after);
    this.socket = new WebSocket(url);
    this.socket.addEventListener("open", () => {
      this.tries = 0;
      clearInterval(this.polling);
      this.polling = null;
      this.pings = setInterval(() => this.socket.send('{"type":"ping"}'), PING_EVERY);
      this.tell(true);
    });
    this.socket.addEventListener("message", ({ data }) => {
      const event = JSON.parse(data);
      // What was missed is more than the studio keeps: the page reads itself anew and goes on from there.
      if (event.type === "resync") {
        this.after = event.seq;
        return this.poll();
      }
      if (event.seq && !PASSING.has(event.type)) {
        if (event.seq <= (this.after ?? 0)) return;
        this.after = event.seq;
      }
      this.hear(event);
    });
    this.socket.addEventListener("close", () => {
      clearInterval(this.pings);
      if (this.closed) return;
      this.tell(false);
      this.polling ??= setInterval(() => this.poll(), POLL_EVERY);
      const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.tries++);
      this.again = setTimeout(() => this.connect(), wait * (0.5 + Math.random() / 2));
    });
  }

  // Dropped while there is no connection: what must arrive goes over HTTP.
  send(content) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(content));
  }

  close() {
    this.closed = true;
    clearTimeout(this.again);
    clearInterval(this.polling);
    clearInterval(this.pings);
    this.socket.close();
  }
}
