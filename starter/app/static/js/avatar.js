// A picture is made small before it is sent, which also drops what a camera wrote into it (where it was taken).
// Without this file, or where the browser cannot, the picture goes as it is.
const PIXELS = 256;
const field = document.querySelector("form[data-shrink] input[type=file]");

const shrink = async (file) => {
  const image = await createImageBitmap(file);
  const side = Math.min(image.width, image.height);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.min(side, PIXELS);
  canvas.getContext("2d").drawImage(
    image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, canvas.width, canvas.height,
  );
  const small = await new Promise((resolve) => canvas.toBlob(resolve, "image/webp", 0.9));
  return new File([small], "picture", { type: small.type });
};

field?.addEventListener("change", async () => {
  if (!field.files.length) return;
  const button = field.form.querySelector("button[type=submit]");
  button.disabled = true;
  try {
    const chosen = new DataTransfer();
    chosen.items.add(await shrink(field.files[0]));
    field.files = chosen.files;
  } catch {
    // It is no picture, or of a kind that this browser does not know: the server looks at it.
  }
  button.disabled = false;
});
