// Forms work without this file. It stops a second sending and one into nowhere, shows passwords, ticks off
// their rules, and asks before typed text is left behind.
const offline = document.querySelector("[data-offline]");
const sayIfOffline = () => { if (offline) offline.hidden = navigator.onLine; };
window.addEventListener("offline", sayIfOffline);
window.addEventListener("online", sayIfOffline);

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent || !navigator.onLine) {
      event.preventDefault();
      sayIfOffline();
      return;
    }
    form.dataset.sent = "yes";
    const button = event.submitter ?? form.querySelector("button[type=submit]");
    button.setAttribute("aria-busy", "true");
    const spinner = button.querySelector("[data-busy]");
    if (spinner) setTimeout(() => { spinner.hidden = !form.dataset.sent; }, 300);
  });
}

// Back brings a page as it was left: its forms may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
    const spinner = form.querySelector("[data-busy]");
    if (spinner) spinner.hidden = true;
  }
});

// A field that is being mended is no longer called wrong; the server looks again.
for (const field of document.querySelectorAll("[aria-invalid=true]")) {
  field.addEventListener("input", () => {
    field.removeAttribute("aria-invalid");
    const error = document.getElementById(`${field.id}-error`);
    if (error) error.hidden = true;
  }, { once: true });
}

for (const button of document.querySelectorAll("button[data-reveal]")) {
  const input = document.getElementById(button.dataset.reveal);
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    button.querySelector("[data-when=hidden]").hidden = shown;
    button.querySelector("[data-when=shown]").hidden = !shown;
  };
  button.hidden = false;
  button.addEventListener("click", () => show(input.type === "password"));
  // A browser offers to save a password only from a password field.
  input.form.addEventListener("submit", () => show(false));
}

for (const list of document.querySelectorAll("[data-rules-for]")) {
  const password = document.getElementById(list.dataset.rulesFor);
  const email = password.form.elements.namedItem("email");
  const checks = {
    length: (value, limit) => [...value].length >= limit,
    bytes: (value, limit) => value !== "" && new TextEncoder().encode(value).length <= limit,
    differs: (value) => value !== "" && value.toLowerCase() !== (list.dataset.email || email?.value || "").trim().toLowerCase(),
  };
  const update = () => {
    for (const rule of list.querySelectorAll("[data-rule]")) {
      rule.dataset.met = String(checks[rule.dataset.rule](password.value, Number(rule.dataset.limit)));
    }
  };
  password.addEventListener("input", update);
  email?.addEventListener("input", update);
  update();
}

for (const form of document.querySelectorAll("form[data-keep]")) {
  const before = new URLSearchParams(new FormData(form)).toString();
  window.addEventListener("beforeunload", (event) => {
    if (!form.dataset.sent && new URLSearchParams(new FormData(form)).toString() !== before) event.preventDefault();
  });
}

// A notice belongs to one moment: a reload or a bookmark shall not repeat it.
if (document.querySelector("[data-notice]")) {
  const here = new URL(location.href);
  here.searchParams.delete("flash");
  history.replaceState(history.state, "", here);
}

// Browsers focus an `autofocus` summary of errors by themselves; older ones only fields.
document.getElementById("problems")?.focus();
