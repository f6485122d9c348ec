// Saves a draft as it is typed; the button saves it too, with or without this file.
"use strict";

const PAUSE_MS = 1500;
for (const form of document.querySelectorAll("form[data-draft]")) {
  const told = form.querySelector("[data-saved]");
  let timer = 0, saving = null, again = false;

  async function save() {
    const answer = await fetch(form.action, {
      method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, redirect: "error",
    });
    const said = await answer.json();
    told.textContent = said.sentence;
    told.classList.toggle("error", !answer.ok);
    if (said.seen) { form.elements.seen.value = said.seen; }
  }
  function begin() {
    window.clearTimeout(timer);
    if (saving) { again = true; return saving; }
    saving = save().catch(() => {}).finally(() => {
      saving = null;
      if (again) { again = false; begin(); }
    });
    return saving;
  }
  form.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(begin, PAUSE_MS);
  });
  form.addEventListener("submit", async (event) => {
    window.clearTimeout(timer);
    if (!saving) { return; }
    event.preventDefault(); // the answer of the save under way says what is seen now
    again = false;
    await saving;
    form.requestSubmit(event.submitter);
  });
}
