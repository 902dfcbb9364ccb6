// Menus are <details>: they open without this file. It adds Escape, a click elsewhere, and leaving by Tab;
// for menus that come later, in a list that is drawn anew, as well.
const menuOf = (element) => element.closest?.("details[data-menu]");
document.addEventListener("keydown", (event) => {
  const menu = menuOf(event.target);
  if (event.key === "Escape" && menu?.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("focusout", (event) => {
  const menu = menuOf(event.target);
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
