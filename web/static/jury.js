// A grid saved as it is written; a session's page that follows what happens. Both work without this file.
"use strict";

const PAUSE_MS = 1200;
for (const form of document.querySelectorAll("form[data-autosave]")) {
  const told = form.querySelector("[data-saved]");
  let timer = 0, saving = null, again = false;

  async function save() {
    const answer = await fetch(form.dataset.autosave, {
      method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, redirect: "error",
    });
    const said = await answer.json();
    told.textContent = said.sentence;
    told.classList.toggle("error", !answer.ok);
  }
  function begin() {
    if (saving) { again = true; return; }
    saving = save().catch(() => { told.textContent = told.dataset.failed; }).finally(() => {
      saving = null;
      if (again) { again = false; begin(); }
    });
  }
  form.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(begin, PAUSE_MS);
  });
  form.addEventListener("submit", () => window.clearTimeout(timer));
}

const live = document.querySelector("[data-live]");
if (live) {
  let shown = live.dataset.revision, busy = false;
  async function refresh(revision) {
    if (busy) { return; }
    busy = true;
    try {
      const answer = await fetch(window.location.href, { redirect: "error" });
      if (!answer.ok) { return; }
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of document.querySelectorAll("[data-part]")) {
        const found = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
        if (found && !part.contains(document.activeElement)) { part.replaceWith(document.adoptNode(found)); }
      }
      shown = revision;
    } finally { busy = false; }
  }
  const source = new EventSource(live.dataset.live);
  source.addEventListener("revision", (event) => {
    live.hidden = false;
    if (event.data !== shown) { refresh(event.data).catch(() => {}); }
  });
  source.onerror = () => { live.hidden = true; };
}
