/* Shows what is kept on this device until it can be sent; the service worker keeps and sends it.
   Without scripts or a worker the forms work as ever, with a network. */
(() => {
  "use strict";
  if (!("serviceWorker" in navigator) || !window.indexedDB) return;
  const box = document.querySelector("[data-drafts]");
  const form = document.querySelector("form[data-draft]");

  const owner = box ? box.dataset.owner : "";
  const read = async () => (await every()).filter((each) => each.owner === owner);
  const every = () => new Promise((good) => {
    const asked = indexedDB.open("commonweal-drafts", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("drafts", { keyPath: "id" });
    asked.onerror = () => good([]);
    asked.onsuccess = () => {
      const found = asked.result.transaction("drafts").objectStore("drafts").getAll();
      found.onsuccess = () => { asked.result.close(); good(found.result); };
    };
  });
  const tell = async (message) => (await navigator.serviceWorker.ready).active.postMessage(message);
  const words = (draft) => {
    const named = Object.fromEntries(draft.fields.filter(([, value]) => typeof value === "string"));
    return (named.subject || named.text || "–").slice(0, 80);
  };
  const made = (name, text, act) => {
    const node = Object.assign(document.createElement(name), { textContent: text });
    if (act) { node.type = "button"; node.className = "govuk-button govuk-button--secondary"; node.onclick = act; }
    return node;
  };

  async function show() {
    if (!box) return;
    const drafts = await read();
    const list = box.querySelector("ul");
    list.replaceChildren(...drafts.map((draft) => {
      const row = document.createElement("li");
      row.append(made("strong", words(draft)), ` ${new Date(draft.at).toLocaleString()} `);
      if (draft.state === "wrong") row.append(made("span", `${box.dataset.wrong} `));
      const open = Object.assign(document.createElement("a"), {
        className: "govuk-link", textContent: box.dataset.open, href: `${draft.path}#draft=${draft.id}`,
      });
      open.onclick = () => { if (location.pathname === draft.path) setTimeout(() => location.reload()); };
      row.append(open, " ", made("button", box.dataset.drop, () => tell({ what: "drop", id: draft.id })));
      return row;
    }));
    box.querySelector("[data-kept]").hidden = !drafts.length;
    box.hidden = !drafts.length && !box.querySelector("[data-sent]").textContent;
  }

  function said(text, href) {
    if (!box) return;
    const line = box.querySelector("[data-sent]");
    line.replaceChildren(`${text} `);
    if (href) line.append(Object.assign(document.createElement("a"), { className: "govuk-link", href, textContent: box.dataset.see }));
    box.hidden = false;
  }

  /* A draft that was opened again: its fields, and its id, so that it stays the same one. */
  async function fill() {
    const id = (location.hash.match(/^#draft=([0-9a-f-]{36})$/) || [])[1];
    const draft = id && form && (await read()).find((each) => each.id === id);
    if (!draft) return;
    for (const [name, value] of draft.fields) {
      if (typeof value !== "string") continue;
      const field = form.elements.namedItem(name);
      if (!field && name === "kept_at") {
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
      } else if (field instanceof RadioNodeList) {
        field.forEach((each) => { if (each.value === value) each.checked = true; });
      } else if (field && field.type === "checkbox") field.checked = true;
      else if (field && field.type !== "file") field.value = value;
    }
  }

  navigator.serviceWorker.addEventListener("message", (event) => {
    const { draft, number, href, code, owner: whose } = event.data || {};
    if (!box || !draft) return;
    if (draft === "sent" && whose === owner) {
      said([`${box.dataset.sent}: ${number}.`, code && `${box.dataset.code} ${code}`].filter(Boolean).join(" "), href);
    }
    if (draft === "signed-out") said(box.dataset.signIn);
    show();
  });
  window.addEventListener("online", () => tell({ what: "send" }));
  navigator.serviceWorker.register("/service-worker.js").then(async () => {
    if (form && navigator.onLine && !location.search) {
      const parts = [...document.querySelectorAll("link[rel=stylesheet], script[src]")];
      const paths = parts.map((each) => new URL(each.href || each.src).pathname);
      await tell({ what: "keep-pages", paths: [location.pathname, ...paths] });
    }
    await tell({ what: "send" });
  });
  if (box) box.querySelector("[data-now]").onclick = () => tell({ what: "send" });
  fill();
  show();
})();
