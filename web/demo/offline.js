// The service worker: the page works without a network, and on hosts that send no headers
// it is isolated from other origins, so that threads can share memory.

// offline registers the worker. A page that is not isolated is loaded once more when the
// worker, which adds the headers, is there, if the page is still idle().
export async function offline(idle) {
  if (!navigator.serviceWorker) return;
  try {
    await navigator.serviceWorker.register("sw.js");
    if (crossOriginIsolated) return;
    await navigator.serviceWorker.ready;
    if (idle() && once("chord.isolated")) location.reload();
  } catch { /* the browser has none, or the host has no sw.js: the page works as long as there is a network */ }
}

// once reports whether it is called with a name for the first time in this tab.
function once(name) {
  try {
    if (sessionStorage.getItem(name)) return false;
    sessionStorage.setItem(name, "1");
    return true;
  } catch {
    return false;
  }
}
