// Comfort only: every page works without it.
"use strict";

// A form of an act is sent once: a second click on the button does nothing.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    const button = form.querySelector("button.primary");
    if (button) { button.setAttribute("aria-disabled", "true"); }
  });
}
// The back button brings a sent form back: it may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("button.primary")?.removeAttribute("aria-disabled");
  }
});
// What is wrong is read first.
document.getElementById("erreurs")?.focus();
// A whole row opens the file its link names.
for (const row of document.querySelectorAll("tr[data-row]")) {
  row.addEventListener("click", (event) => {
    if (event.target.closest("a, input, label, button") || window.getSelection().toString()) { return; }
    row.querySelector("a")?.click();
  });
}
