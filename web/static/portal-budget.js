// Totals as they are typed; the service alone decides.
"use strict";

const told = document.querySelector("[data-balance]");
if (told) {
  const form = told.closest("form");
  const euros = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency: "EUR" });
  const cents = (side) => [...form.querySelectorAll(`[data-side="${side}"] input[inputmode="decimal"]`)]
    .map((input) => Math.round(Number(input.value.replace(/[\s\u00a0\u202f]/g, "").replace(",", ".")) * 100) || 0)
    .reduce((sum, one) => sum + one, 0);
  const show = () => {
    const charges = cents("CHARGE"), products = cents("PRODUCT");
    const even = charges === products;
    told.hidden = false;
    told.className = `notice ${even ? "done" : "waiting"}`;
    told.textContent = `${euros.format(charges / 100)} / ${euros.format(products / 100)} — `
      + (even ? told.dataset.balance : `${told.dataset.unbalanced} ${euros.format(Math.abs(charges - products) / 100)}`);
  };
  form.addEventListener("input", show);
  show();
}
