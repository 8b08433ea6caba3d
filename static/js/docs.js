// Swagger UI on our own description. A signed-in browser's writes carry Django's token, as everywhere.
const box = document.querySelector("[data-openapi]");

// Swagger UI brings a main landmark of its own, and a page has one.
const main = document.querySelector("main");
const plain = document.createElement("div");
plain.className = main.className;
plain.append(...main.childNodes);
main.replaceWith(plain);

const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

window.SwaggerUIBundle({
  url: box.dataset.openapi,
  domNode: box,
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  defaultModelsExpandDepth: -1,
  validatorUrl: null,
  requestInterceptor: (request) => {
    request.headers["X-CSRFToken"] = token();
    return request;
  },
});
