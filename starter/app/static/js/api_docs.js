// Shows the OpenAPI document (swagger-ui, vendored) and lets the signed-in try it with their session.

const place = document.getElementById("api-docs");
const { document: address, csrf } = place.dataset;

const sendProof = (request) => {
  // A session needs the proof that the request comes from our own page; a token needs none.
  if (csrf && !request.headers.Authorization) request.headers["X-CSRF-Token"] = csrf;
  return request;
};

const dark = matchMedia("(prefers-color-scheme: dark)");
const followTheme = () => {
  const chosen = document.documentElement.dataset.theme;
  document.documentElement.classList.toggle("dark-mode", chosen ? chosen === "dark" : dark.matches);
};
followTheme();
dark.addEventListener("change", followTheme);

window.SwaggerUIBundle({
  url: address,
  domNode: place,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  displayRequestDuration: true,
  requestInterceptor: sendProof,
  syntaxHighlight: { activated: false },
  validatorUrl: null,
});
