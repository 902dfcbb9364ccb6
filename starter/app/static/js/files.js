// Uploads: files are dropped or chosen, several at once, and go straight to Storage in pieces, with a row
// each to see, pause and go on. Without this file the form does it.
const form = document.querySelector("form[data-upload]");
const list = document.querySelector("[data-uploads]");
const template = document.querySelector("template[data-upload-row]");
const announcer = document.querySelector("[data-announce]");
const words = JSON.parse(form.dataset.words);
const language = document.documentElement.lang;
const folder = form.elements.folder.value || null;
const MOST_AT_ONCE = 3;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
const size = (bytes) => {
  const units = ["kB", "MB", "GB"];
  let [value, unit] = [bytes / 1000, 0];
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: value < 9.95 ? 1 : 0 }).format(value)} ${units[unit]}`;
};

const modules = Promise.all([import(form.dataset.tus), import(form.dataset.kept)])
  .then(([tus, store]) => ({ ...tus, ...store }));

class Problem extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

const ask = async (method, address, body) => {
  const answer = await fetch(address, {
    method,
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": form.elements.csrf_token.value },
    body: body && JSON.stringify(body),
  });
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  if (answer.status === 401) throw new Problem(words.signed_out, 401);
  const problem = await answer.json().catch(() => ({}));
  throw new Problem(problem.errors?.[0]?.detail || problem.detail || problem.title || words.failed, answer.status);
};

class Row {
  constructor(file, record = null) {
    this.file = file;
    this.record = record;
    this.sent = 0;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.find = (name) => this.element.querySelector(`[data-${name}]`);
    this.find("name").textContent = file.name;
    this.find("bar").setAttribute("aria-label", fill(words.progress, { name: file.name }));
    for (const button of this.element.querySelectorAll("[data-do]")) {
      button.setAttribute("aria-label", `${button.dataset.label}: ${file.name}`);
      button.addEventListener("click", () => this[button.dataset.do]());
    }
    list.append(this.element);
    list.hidden = false;
  }

  show(state, status) {
    const before = document.activeElement;
    this.state = this.element.dataset.state = state;
    this.find("status").textContent = status;
    this.find("bar").value = this.file.size ? Math.floor((100 * this.sent) / this.file.size) : 0;
    const buttons = {
      waiting: ["cancel"], sending: ["pause", "cancel"], paused: ["resume", "cancel"], failed: this.hopeless ? ["dismiss"] : ["retry", "cancel"], done: ["dismiss"],
    }[state];
    for (const button of this.element.querySelectorAll("[data-do]")) button.hidden = !buttons.includes(button.dataset.do);
    // The button that was pressed may be gone: its successor has the focus then.
    if (this.element.contains(before) && before.hidden) this.element.querySelector("[data-do]:not([hidden])").focus();
  }

  progress() {
    this.show("sending", this.offline ? words.offline : fill(words.sending, this.amounts()));
  }

  amounts() {
    return { done: size(this.sent), total: size(this.file.size) };
  }

  fail(status, hopeless = false) {
    this.hopeless = hopeless;
    this.show("failed", status);
    announcer.textContent = `${this.file.name}: ${status}`;
  }

  async run() {
    this.show("sending", words.starting);
    const { Upload, Stopped, Unreadable, keep, forget } = await modules;
    try {
      this.record ??= await this.begin();
      const record = this.record;
      if (this.state === "gone") return await this.cancel();
      // Also what was paused meanwhile is kept, for it has its place already.
      record.paused = this.state === "paused";
      await keep(record);
      if (this.state !== "sending") return;
      this.upload = new Upload(this.file, record.ticket, record.address, {
        progress: (sent) => { this.sent = sent; this.progress(); },
        waiting: (yes) => { if (this.offline !== yes) { this.offline = yes; this.progress(); } },
        address: (address) => { record.address = address; return keep(record); },
        ticket: async () => {
          record.ticket = await ask("POST", `${form.dataset.api}/${record.id}/ticket`, { type: this.file.type });
          await keep(record);
          return record.ticket;
        },
      });
      // Another tab that shows this upload as well leaves it alone meanwhile.
      const run = () => this.upload.run();
      await (navigator.locks ? navigator.locks.request(`upload ${record.id}`, run) : run());
      await forget(record.id);
      this.sent = this.file.size;
      const { name } = record.ticket;
      this.show("done", name === this.file.name ? words.done : fill(words.renamed, { name }));
      announcer.textContent = `${this.file.name}: ${words.done}`;
      refresh();
    } catch (error) {
      if (error instanceof Stopped || this.state === "gone") return;
      if (error instanceof Problem && error.status === 404 && this.record) {
        // Its place was given away meanwhile: it needs a new one.
        await forget(this.record.id);
        this.record = null;
        this.sent = 0;
        await this.run();
      } else if (error instanceof Problem) this.fail(error.message);
      else if (error instanceof Unreadable) this.fail(words.unreadable, true);
      else this.fail(navigator.onLine ? words.failed : words.offline);
    }
  }

  async begin() {
    const { name, size, type } = this.file;
    const ticket = await ask("POST", form.dataset.api, { name, size, type, folder });
    return { id: ticket.id, user: form.dataset.user, folder, file: this.file, address: "", ticket };
  }

  async pause() {
    this.upload?.stop();
    this.show("paused", fill(words.paused, this.amounts()));
    if (this.record) {
      this.record.paused = true;
      await (await modules).keep(this.record);
    }
    next();
  }

  resume() { this.show("waiting", words.waiting); next(); }
  retry() { this.resume(); }

  // What failed for good gives its place away again.
  dismiss() { return this.record && this.state === "failed" ? this.cancel() : this.remove(); }

  async cancel() {
    if (this.state !== "gone") this.remove();
    next();
    const { forget } = await modules;
    await this.upload?.drop();
    if (this.record) {
      await forget(this.record.id);
      await ask("DELETE", `${form.dataset.api}/${this.record.id}`).catch(() => {});
    }
  }

  remove() {
    this.state = "gone";
    const neighbour = this.element.nextElementSibling || this.element.previousElementSibling;
    const focused = this.element.contains(document.activeElement);
    this.element.remove();
    rows.delete(this);
    list.hidden = !list.children.length;
    if (focused) (neighbour?.querySelector("[data-do]:not([hidden])") || chooser).focus();
  }
}

const rows = new Set();

// Starts as many of the waiting ones as may run at once.
const next = () => {
  const running = [...rows].filter((row) => row.busy).length;
  const waiting = [...rows].filter((row) => row.state === "waiting" && !row.busy);
  for (const row of waiting.slice(0, Math.max(0, MOST_AT_ONCE - running))) {
    row.busy = true;
    row.run().finally(() => { row.busy = false; next(); });
  }
};

const add = (file, problem = "") => {
  const row = new Row(file);
  rows.add(row);
  if (problem) row.fail(problem, true);
  else if (file.size > Number(form.dataset.largest)) row.fail(fill(words.too_large, { largest: size(Number(form.dataset.largest)) }), true);
  else row.show("waiting", words.waiting);
};

// The list as the server draws it now; rows of uploads stay as they are.
let refreshing;
const refresh = (wait = 300) => {
  clearTimeout(refreshing);
  refreshing = setTimeout(async () => {
    const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("results");
    const results = document.getElementById("results");
    if (!found) return;
    // Nobody's menu is closed, and nobody's focus lost, for a list that has one more line: a little later, then.
    if (results.querySelector("details[open]") || results.contains(document.activeElement)) return refresh(2000);
    results.replaceChildren(...document.adoptNode(found).childNodes);
    document.dispatchEvent(new Event("results"));
    unsee();
  }, wait);
};

// A small version that cannot be had leaves the icon.
const unsee = () => {
  for (const image of document.querySelectorAll("img[data-thumb]")) {
    if (image.complete && !image.naturalWidth && image.currentSrc) image.remove();
  }
};
document.addEventListener("error", (event) => { if (event.target.matches?.("img[data-thumb]")) event.target.remove(); }, true);
unsee();

const input = form.elements.files;
const chooser = form.querySelector("[data-choose]");
for (const element of form.querySelectorAll("[data-plain]")) element.hidden = true;
for (const element of form.querySelectorAll("[data-choose], [data-drop]")) element.hidden = false;
chooser.addEventListener("click", () => input.click());
input.addEventListener("change", () => {
  for (const file of input.files) add(file);
  input.value = "";
  next();
});

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
let depth = 0;
addEventListener("dragenter", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  depth += 1;
  form.dataset.over = "";
});
addEventListener("dragleave", (event) => {
  if (carriesFiles(event) && --depth <= 0) delete form.dataset.over;
});
addEventListener("dragover", (event) => { if (carriesFiles(event)) event.preventDefault(); });
addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  depth = 0;
  delete form.dataset.over;
  for (const item of event.dataTransfer.items) {
    if (item.kind === "file") add(item.getAsFile(), item.webkitGetAsEntry?.()?.isDirectory ? words.folder : "");
  }
  next();
});

// What an earlier visit left, unless another tab is at it.
const { kept } = await modules;
const locks = (await navigator.locks?.query())?.held.map((lock) => lock.name) ?? [];
for (const record of await kept(form.dataset.user)) {
  if (locks.includes(`upload ${record.id}`)) continue;
  const row = new Row(record.file, record);
  rows.add(row);
  if (record.paused) row.show("paused", words.stopped);
  else row.show("waiting", words.waiting);
}
next();
