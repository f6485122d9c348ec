// A page that is watched is read again while what it shows goes on; without scripts its link does the same.
"use strict";

const WAIT_MS = 2000;

async function again() {
  if (document.hidden) { window.setTimeout(again, WAIT_MS); return; }
  const answer = await fetch(window.location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  const read = answer && answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  const now = document.querySelector("[data-watch]");
  const next = read?.querySelector("[data-watch]");
  if (next && !now.contains(document.activeElement)) { now.replaceWith(next); }
  if ((next ?? now).dataset.watch === "RUNNING") { window.setTimeout(again, WAIT_MS); }
}

window.setTimeout(again, WAIT_MS);
