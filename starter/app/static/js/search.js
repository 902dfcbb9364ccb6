// Search answers while the reader types. Without this file the button does it.
const form = document.querySelector("form[data-search]");
const field = form?.querySelector("input[type=search]");
let waiting, asking;

const ask = async () => {
  asking?.abort();
  asking = new AbortController();
  const results = document.querySelector(form.dataset.search);
  const slow = setTimeout(() => results.setAttribute("aria-busy", "true"), 300);
  const address = new URL(form.action);
  if (field.value.trim()) address.searchParams.set("q", field.value.trim());
  try {
    const answer = await fetch(address, { signal: asking.signal, credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.querySelector(form.dataset.search);
    if (!answer.ok || answer.redirected || !found) { form.submit(); return; }
    results.replaceChildren(...document.adoptNode(found).childNodes);
    history.replaceState(history.state, "", address);
    document.dispatchEvent(new Event("results"));
  } catch (error) {
    if (error.name !== "AbortError" && navigator.onLine) form.submit();
  } finally {
    clearTimeout(slow);
    results.removeAttribute("aria-busy");
  }
};

field?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(ask, 200);
});
