// Pictures from a server: looks go out with numbers, frames come in, and the late ones are dropped.

const AGAIN_MS = 600; // after the server is gone, until the next try
const LATER_MS = 5000; // after it has refused another page
const BREACH = 1008; // a websocket's codes, for what it is closed
const TRY_LATER = 1013;
const GONE = "The server is gone; this page goes on when panogen view runs again.";

export class Source {
  // `on` has a function for each kind of message, and `state` for whether there is a connection and why there is none.
  constructor(on) {
    this.on = on;
    this.number = 0;
    this.shown = { number: -1, level: -1 };
    this.open();
  }

  open() {
    const address = new URL("live", location.href);
    address.protocol = "ws:";
    this.socket = new WebSocket(address);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) => (typeof data === "string" ? this.hear(JSON.parse(data)) : this.receive(data));
    this.socket.onclose = ({ code }) => {
      const refused = code === BREACH || code === TRY_LATER;
      this.on.state(false, refused && this.error ? this.error : GONE);
      if (code !== BREACH) setTimeout(() => this.open(), refused ? LATER_MS : AGAIN_MS);
    };
  }

  get ready() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  hear(message) {
    if (message.kind === "hello") this.on.state(true);
    if (message.kind === "error") this.error = message.message;
    this.on[message.kind]?.(message);
  }

  // Ask for a look, and return its number.
  ask(look) {
    this.say("look", { ...look, number: ++this.number });
    return this.number;
  }

  say(kind, more = {}) {
    if (this.ready) this.socket.send(JSON.stringify({ kind, ...more }));
  }

  // A binary message is the length of its header in four bytes, the header, and a picture.
  async receive(data) {
    const length = new DataView(data).getUint32(0);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
    const content = new Uint8Array(data, 4 + length);
    if (header.kind === "file") return this.on.file(header, content);
    if (!this.better(header)) return;
    const bitmap = await createImageBitmap(new Blob([content], { type: "image/jpeg" }));
    if (!this.better(header)) return bitmap.close(); // a newer one was decoded sooner
    this.shown = header;
    this.on.frame(header, bitmap);
  }

  better({ number, level }) {
    return number > this.shown.number || (number === this.shown.number && level > this.shown.level);
  }
}
