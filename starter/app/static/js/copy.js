// Copies a field's text. Without this file the field can be selected and copied by hand.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const said = document.querySelector("[data-copied]");
  button.hidden = !navigator.clipboard;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(field.value);
    button.querySelector("[data-when=before]").hidden = true;
    button.querySelector("[data-when=after]").hidden = false;
    said.textContent = said.dataset.copied;
  });
}
