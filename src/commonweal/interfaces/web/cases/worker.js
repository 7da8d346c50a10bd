/* Keeps what a form could not send, and sends it when the network is back. Nothing else is kept but
   the empty forms that were opened, so that they open again without a network. What somebody kept is
   sent and shown for them alone: `owner` is a mark of the account, or of an agency's door. */
"use strict";
const PAGES = "pages-1";
const LONGEST = 7 * 24 * 3600 * 1000;  // how long a device keeps what somebody left who never came back
const FORMS = [/^\/help\/[^/]+\/ask\/[^/]+\/$/, /^\/centre\/cases\/new\/$/, /^\/cases\/ask\/[^/]+\/$/];
const isForm = (url) => url.origin === location.origin && !url.search && FORMS.some((each) => each.test(url.pathname));

const db = () => new Promise((good, bad) => {
  const asked = indexedDB.open("commonweal-drafts", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("drafts", { keyPath: "id" });
  asked.onsuccess = () => good(asked.result);
  asked.onerror = () => bad(asked.error);
});
const store = async (mode, act) => {
  const base = await db();
  try {
    return await new Promise((good, bad) => {
      const change = base.transaction("drafts", mode);
      const asked = act(change.objectStore("drafts"));
      change.oncomplete = () => good(asked.result);
      change.onerror = () => bad(change.error);
    });
  } finally { base.close(); }
};
const all = () => store("readonly", (each) => each.getAll());
const put = (draft) => store("readwrite", (each) => each.put(draft));
const drop = (id) => store("readwrite", (each) => each.delete(id));
const tell = async (message) => {
  for (const client of await self.clients.matchAll({ includeUncontrolled: true })) client.postMessage(message);
};

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name !== PAGES) await caches.delete(name);
  await self.clients.claim();
})()));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== location.origin) return;
  if (event.request.mode === "navigate" && url.pathname.startsWith("/sign-in/")) {
    event.waitUntil(caches.delete(PAGES));  // whoever signs in or out may be somebody else
  } else if (event.request.mode === "navigate" && event.request.method === "POST" && isForm(url)) {
    event.respondWith(send(event.request, url));
  } else if (event.request.method === "GET" && (isForm(url) || url.pathname.startsWith("/static/"))) {
    event.respondWith(page(event.request, url));
  }
});

/* The network first; without it the form as it was when it was opened last, with an id of its own. */
async function page(request, url) {
  try {
    return await fetch(request);
  } catch (offline) {
    const known = await caches.match(url.pathname, { ignoreVary: true });
    if (!known) throw offline;
    if (!isForm(url)) return known;
    const text = (await known.text()).replace(/(name="draft" value=")[^"]*/g, `$1${crypto.randomUUID()}`);
    return new Response(text, { headers: known.headers });
  }
}

async function send(request, url) {
  const copy = request.clone();
  try {
    const answer = await fetch(request);
    if (answer.type === "opaqueredirect") await settle(copy, url).catch(() => {});
    return answer;
  } catch (offline) {
    const form = await copy.formData();
    if (!form.get("draft")) throw offline;
    await keep(form, url);
    if (self.registration.sync) await self.registration.sync.register("drafts").catch(() => {});
    return Response.redirect(`${url.pathname}#kept`, 303);
  }
}

async function keep(form, url) {
  const fields = [...form.entries()].filter(([name, value]) => (
    !["csrfmiddlewaretoken", "look", "owner"].includes(name) && (typeof value === "string" || value.size > 0)
  ));
  if (!form.get("kept_at")) fields.push(["kept_at", new Date().toISOString()]);
  await put({ id: form.get("draft"), owner: form.get("owner") || "", path: url.pathname, fields, at: Date.now(), state: "kept" });
}

/* A draft that was opened again was answered by a redirect: to the case, or to the sign-in, which cannot be told
   apart here. Sent once more under its id it opens nothing twice, and goes from here only when it was taken. The
   form is not asked for anew: it would take the sentence that is meant for the page that follows. */
async function settle(copy, url) {
  const form = await copy.formData();
  const id = form.get("draft");
  if (!id || form.get("look") || !(await all()).some((each) => each.id === id)) return;
  await keep(form, url);
  const answer = await fetch(url.pathname, { method: "POST", body: form, headers: { Accept: "application/json" } });
  if (answer.status === 201) await drop(id);
}

let sending = null;
const sendAll = () => (sending ??= (async () => {
  try {
    for (const draft of await all()) if (draft.state !== "wrong") await sendOne(draft);
  } finally { sending = null; }
})());

async function sendOne(draft) {
  try {
    const form = await fetch(draft.path, { cache: "no-store" });
    if (form.redirected) { await tell({ draft: "signed-out" }); return; }
    const text = await form.text();
    const token = text.match(/name="csrfmiddlewaretoken" value="([^"]+)"/);
    const owner = text.match(/name="owner" value="([^"]*)"/);
    if (!form.ok || !token || !owner) return;
    if (owner[1] !== draft.owner) {  // somebody else is signed in: nothing is sent in their name
      if (Date.now() - draft.at > LONGEST) await drop(draft.id);
      return;
    }
    const body = new FormData();
    for (const [name, value] of draft.fields) body.append(name, value);
    body.set("csrfmiddlewaretoken", token[1]);
    const answer = await fetch(draft.path, { method: "POST", body, headers: { Accept: "application/json" } });
    if (answer.status === 201) {
      const { number, href, code } = await answer.json();
      await drop(draft.id);
      await tell({ draft: "sent", owner: draft.owner, number, href, code });
    } else if (answer.status === 422) {
      await put({ ...draft, state: "wrong" });
      await tell({ draft: "changed" });
    }
  } catch (offline) { /* still without a network: it stays, and is tried again */ }
}

self.addEventListener("sync", (event) => { if (event.tag === "drafts") event.waitUntil(sendAll()); });
self.addEventListener("message", (event) => {
  const { what, paths, id } = event.data || {};
  if (what === "send") event.waitUntil(sendAll());
  if (what === "drop") event.waitUntil(drop(id).then(() => tell({ draft: "changed" })));
  if (what === "keep-pages") event.waitUntil((async () => {
    const cache = await caches.open(PAGES);
    for (const path of paths) {
      const answer = await fetch(path, { cache: "no-store" }).catch(() => null);
      if (answer && answer.ok && !answer.redirected) await cache.put(path, answer);
    }
  })());
});
