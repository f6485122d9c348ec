// Sends a piece by parts: a lost connection resumes where it stopped. Without this file the form sends it whole.
"use strict";

const PART = 1024 * 1024, TRIES = 5;
const pause = (ms) => new Promise((done) => { window.setTimeout(done, ms); });
for (const form of document.querySelectorAll("form[data-upload]")) {
  const told = form.querySelector("[data-told]");
  const token = form.querySelector('[name="_csrf_token"]').value;
  const say = (sentence, wrong) => { told.textContent = sentence; told.classList.toggle("error", wrong); };

  async function post(fields) {
    const body = new FormData();
    body.set("_csrf_token", token);
    for (const [name, value] of Object.entries(fields)) { body.set(name, value); }
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await fetch(`${form.action}/parties`, { method: "POST", body, headers: { Accept: "application/json" } });
        if (answer.ok || answer.status === 422) { return await answer.json(); }
        throw new Error(String(answer.status));
      } catch (error) {
        if (attempt === TRIES) { throw error; }
        await pause(1000 * attempt);
      }
    }
  }

  async function send(file) {
    const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    const digest = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const dated = form.elements.issued_on;
    const announced = { file_name: file.name, size: file.size, digest, issued_on: dated ? dated.value : "" };
    let state = await post(announced);
    while (!state.sentence && !state.whole) {
      const offset = state.received_bytes;
      say(`${form.dataset.sending} ${Math.round(100 * offset / file.size)} %`, false);
      const part = file.slice(offset, offset + PART);
      state = await post({ ...announced, document_id: state.document_id, offset, part: new File([part], "part") });
    }
    if (state.sentence) { say(state.sentence, true); return; }
    const here = window.location.href.split("#")[0];
    window.location.replace(`${here}#${form.action.split("/").pop()}`);
    window.location.reload();
  }

  form.addEventListener("submit", (event) => {
    const file = form.elements.fichier.files[0];
    if (!file || !file.size || !window.crypto?.subtle) { return; }
    event.preventDefault();
    if (form.dataset.busy) { return; }
    form.dataset.busy = "1";
    send(file).catch(() => { say(form.dataset.lost, true); }).finally(() => { delete form.dataset.busy; });
  });
}
