// The service worker of the demo: it keeps the files that shell.js lists, which the build
// writes, and answers with them.

importScripts("shell.js"); // sets shell: {version, files}

const keeps = `chord-shell-${shell.version}`;
const scope = new URL("./", location).href;
const files = new Set(shell.files.map((name) => new URL(name, scope).href));

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(forget().then(() => self.clients.claim())));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  url.search = url.hash = "";
  if (event.request.method === "GET" && files.has(url.href)) event.respondWith(answer(url.href));
});

async function keep() {
  const cache = await caches.open(keeps);
  await cache.addAll([...files].map((url) => new Request(url, { cache: "no-cache" })));
}

// forget deletes the files of other versions.
async function forget() {
  for (const name of await caches.keys()) {
    if (name.startsWith("chord-shell-") && name !== keeps) await caches.delete(name);
  }
}

// answer answers with a file that is kept, or that the browser has thrown away, with the
// headers that isolate the page from other origins.
async function answer(url) {
  const kept = await caches.match(url, { cacheName: keeps });
  const response = kept ?? (await fetch(url));
  if (!response.ok) return response;
  const headers = new Headers(response.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  return new Response(response.body, { status: response.status, headers });
}
