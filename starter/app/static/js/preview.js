// What calls itself a picture and is none is said to have no preview. Without this file its name stands there.
const shown = document.querySelector("[data-preview]");
const image = shown.querySelector("img");
const giveUp = () => {
  shown.hidden = true;
  document.querySelector("[data-no-preview]").hidden = false;
};
if (image.complete && !image.naturalWidth) giveUp();
else image.addEventListener("error", giveUp);
