// Totals, share and balance as they are typed; the service alone decides.
"use strict";

const told = document.querySelector("[data-balance]");
if (told) {
  const form = told.closest("form"), language = document.documentElement.lang;
  const euros = new Intl.NumberFormat(language, { style: "currency", currency: "EUR" });
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 2 });
  const cents = (input) => Math.round(Number(input.value.replace(/[\s\u00a0\u202f]/g, "").replace(",", ".")) * 100) || 0;
  const rows = (side) => [...form.querySelectorAll(`[data-side="${side}"] tbody tr`)];
  const total = (lines) => lines.reduce((sum, row) => sum + cents(row.querySelector('input[inputmode="decimal"]')), 0);
  const put = (name, text) => { told.querySelector(`[data-of="${name}"]`).textContent = text; };
  const show = () => {
    const charges = total(rows("CHARGE")), products = total(rows("PRODUCT"));
    const base = total(rows("CHARGE").filter((row) => row.querySelector('input[type="checkbox"]').checked));
    const field = form.elements.requested_cents;
    const asked = field ? cents(field) : Number(told.dataset.requested);
    put("charges", euros.format(charges / 100));
    put("products", euros.format(products / 100));
    put("eligible", euros.format(base / 100));
    put("share", base ? percent.format(asked / base) : "—");
    const none = !charges && !products, even = charges === products && !none, said = told.querySelector('[data-of="said"]');
    const sentence = none ? `● ${told.dataset.empty}` : even ? `✓ ${told.dataset.balance}` : `● ${told.dataset.unbalanced} ${euros.format(Math.abs(charges - products) / 100)}`;
    if (said.textContent !== sentence) { said.textContent = sentence; } // read aloud when it changes, not at every key
    said.className = `notice ${even ? "done" : "waiting"}`;
  };
  told.querySelector("[data-again]").hidden = true;
  form.addEventListener("input", show);
  show();
}
