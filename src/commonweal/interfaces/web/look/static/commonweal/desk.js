/* Single keys for whoever works on cases all day. Every page works without; the sheet of keys says
   what each does, and switches them off (WCAG 2.1.4). Nothing happens while somebody writes. */
(() => {
  "use strict";
  const OFF = "cw-keys-off";
  const on = () => localStorage.getItem(OFF) !== "1";
  const typing = (node) => node.matches("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  const rows = () => [...document.querySelectorAll("[data-rows] tr")];
  const here = () => rows().find((row) => row.contains(document.activeElement)) || rows().find((row) => row.classList.contains("cw-here"));
  const pick = (row) => row && row.querySelector("input[type=checkbox]");

  const stand = (row) => {
    if (!row) return;
    rows().forEach((each) => each.classList.toggle("cw-here", each === row));
    row.querySelector("[data-open]").focus();
    row.scrollIntoView({ block: "nearest" });
  };
  const step = (by) => {
    const all = rows();
    const at = all.indexOf(here());
    stand(all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)]);
  };
  const choose = () => {
    if (document.querySelector("[data-rows] input:checked")) return;
    const box = pick(here() || rows()[0]);
    if (box) box.checked = true;
  };
  const reveal = (field) => {
    const fold = field.closest("details");
    if (fold) fold.open = true;
    field.focus();
    field.scrollIntoView({ block: "center" });
  };
  const resolved = (list) => {
    const option = [...list.options].find((each) => each.value === "resolved");
    if (option) list.value = option.value;
  };
  const open = (hash) => {
    const link = (here() || rows()[0])?.querySelector("[data-open]");
    if (link) location.assign(link.getAttribute("href") + (hash || ""));
  };

  const list = {
    j: () => step(1),
    k: () => step(-1),
    x: () => { const box = pick(here()); if (box) box.click(); },
    o: () => open(),
    r: () => open("#text"),
    c: () => { choose(); resolved(document.getElementById("state")); reveal(document.getElementById("resolution")); },
  };
  const one = {
    r: () => reveal(document.getElementById("text")),
    c: () => { resolved(document.getElementById("then")); reveal(document.getElementById("text")); },
  };
  const acts = document.querySelector("[data-rows]") ? list : document.getElementById("answer") ? one : {};

  document.addEventListener("keydown", (event) => {
    if (!on() || event.altKey || event.isComposing) return;
    const node = event.target;
    if (typing(node)) {
      if (event.key === "Escape") node.blur();
      if (event.key === "Enter" && event.ctrlKey && node.form && node.tagName === "TEXTAREA") {
        event.preventDefault();
        const own = node.closest("fieldset")?.querySelector("button[name=what]");
        node.form.requestSubmit(own || undefined);
      }
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    const goes = document.querySelector(`[data-key-go="${CSS.escape(event.key)}"]`);
    const button = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    const act = acts[event.key];
    if (!goes && !button && !act) return;
    event.preventDefault();
    if (act) act();
    else if (button) { if (button.hasAttribute("data-picks")) choose(); button.click(); }
    else location.assign(goes.dataset.href);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    event.preventDefault();
    const field = button.form.querySelector("textarea");
    const words = document.getElementById(button.dataset.insert).textContent.trim();
    field.value = [field.value.trim(), words].filter(Boolean).join("\n\n");
    field.focus();
  });

  const field = location.hash === "#text" && document.getElementById("text");
  if (field) field.focus();

  const shown = () => {
    document.querySelectorAll("[data-keys]").forEach((each) => { each.hidden = false; });
    const words = { on: document.querySelector("[data-keys-on]"), off: document.querySelector("[data-keys-off]") };
    const button = document.querySelector("[data-keys-switch]");
    if (!button) return;
    words.on.hidden = !on();
    words.off.hidden = on();
    button.textContent = on() ? button.dataset.off : button.dataset.on;
    button.onclick = () => { if (on()) localStorage.setItem(OFF, "1"); else localStorage.removeItem(OFF); shown(); };
  };
  shown();
})();
