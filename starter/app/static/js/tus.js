// Resumable uploads, TUS 1.0 (https://tus.io/protocols/resumable-upload): creation and chunks, as Supabase
// Storage speaks them with a signed ticket. Small, because it does no more; a library would be 20 kB.
const VERSION = { "Tus-Resumable": "1.0.0" };
const PATIENCE = [500, 1000, 3000, 5000, 10000, 20000, 30000];
const PASSING = [0, 408, 409, 423, 425, 429];

export class Stopped extends Error {}
export class Unreadable extends Error {}

export class Refused extends Error {
  constructor(status, text) {
    super(text || `status ${status}`);
    this.status = status;
  }
  get passes() { return PASSING.includes(this.status) || this.status >= 500; }
}

export class Upload {
  // `ticket` is what /api/v1/uploads answers; `address` is where an earlier upload stopped, if any.
  // `on.progress(sent)`, `on.address(url)`, `on.waiting(yes)`, and `on.ticket()`, which fetches a new one.
  constructor(file, ticket, address, on) {
    Object.assign(this, { file, ticket, address, on, stopped: false, request: null, wake: null });
  }

  async run() {
    let failures = 0;
    let renewed = false;
    while (true) {
      try {
        this.#check();
        let sent = this.address ? await this.#reached() : await this.#create();
        this.on.waiting(false);
        this.on.progress(sent);
        while (sent < this.file.size) {
          sent = await this.#send(sent);
          failures = 0;
          renewed = false;
          this.on.progress(sent);
        }
        return;
      } catch (error) {
        this.#check();
        if (!(error instanceof Refused)) throw error;
        if ([404, 410].includes(error.status) && this.address) {
          // Given up over there, or too old: from the beginning, then.
          this.address = "";
          if (failures++ > 2) throw error;
        } else if ([400, 401, 403].includes(error.status) && !renewed) {
          renewed = true;
          this.ticket = await this.on.ticket();
        } else if (error.status === 409 && !this.address) {
          return; // it is there: the answer to the last chunk was lost
        } else if (error.passes && failures < PATIENCE.length * 2) {
          // A file that was changed or is gone looks like a broken connection from here.
          await this.file.slice(0, 1).arrayBuffer().catch(() => { throw new Unreadable(); });
          this.on.waiting(true);
          await this.#pause(PATIENCE[Math.min(failures++, PATIENCE.length - 1)]);
        } else {
          throw error;
        }
      }
    }
  }

  stop() {
    this.stopped = true;
    this.request?.abort();
    this.wake?.();
  }

  // Tells Storage that the rest will not come.
  async drop() {
    this.stop();
    if (!this.address) return;
    this.stopped = false;
    await this.#ask("DELETE", this.address, {}).catch(() => {});
  }

  async #create() {
    const metadata = Object.entries(this.ticket.metadata)
      .map(([name, value]) => `${name} ${btoa(String.fromCharCode(...new TextEncoder().encode(value)))}`);
    const answer = await this.#ask("POST", this.ticket.url, {
      "Upload-Length": String(this.file.size),
      "Upload-Metadata": metadata.join(","),
    });
    this.address = new URL(answer.getResponseHeader("Location"), this.ticket.url).href;
    await this.on.address(this.address);
    return 0;
  }

  async #reached() {
    const answer = await this.#ask("HEAD", this.address, {});
    return Number(answer.getResponseHeader("Upload-Offset"));
  }

  async #send(sent) {
    const chunk = this.file.slice(sent, sent + this.ticket.chunk);
    const headers = { "Upload-Offset": String(sent), "Content-Type": "application/offset+octet-stream" };
    const answer = await this.#ask("PATCH", this.address, headers, chunk, (part) => this.on.progress(sent + part));
    return Number(answer.getResponseHeader("Upload-Offset"));
  }

  #ask(method, address, headers, body = null, progress = null) {
    return new Promise((resolve, reject) => {
      // fetch() cannot say how much of a body has left.
      const request = (this.request = new XMLHttpRequest());
      request.open(method, address);
      for (const [name, value] of Object.entries({ ...VERSION, "x-signature": this.ticket.token, ...headers })) {
        request.setRequestHeader(name, value);
      }
      if (progress) request.upload.onprogress = (event) => { this.on.waiting(false); progress(event.loaded); };
      request.onload = () => {
        if (request.status >= 200 && request.status < 300) resolve(request);
        else reject(new Refused(request.status, request.responseText));
      };
      request.onerror = request.ontimeout = () => reject(new Refused(0, "no connection"));
      request.onabort = () => reject(new Stopped());
      request.send(body);
    });
  }

  // Waits, but not longer than the connection is away.
  #pause(milliseconds) {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        removeEventListener("online", done);
        resolve();
      };
      const timer = navigator.onLine ? setTimeout(done, milliseconds) : setTimeout(done, 60000);
      addEventListener("online", done);
      this.wake = done;
    });
  }

  #check() {
    if (this.stopped) throw new Stopped();
  }
}
