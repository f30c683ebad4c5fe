// The models: where they come from, which one is loaded, and what went wrong.

import { cache as keeper, load, probe } from "../chord/index.mjs";
import { keep, setting } from "../page/store.js";
import { LoadingBar } from "./loading.js";
import { explain, tooLarge } from "./trouble.js";

const $ = (id) => document.getElementById(id);

// Codes of errors that a second attempt has as well.
const lasting = ["format", "unsupported", "invalid"];

// Models loads models for a transport. changed() is called when there is another model, or
// none; failed() when one cannot be loaded.
export class Models {
  constructor(transport, { changed, failed }) {
    this.transport = transport;
    this.changed = changed;
    this.failed = failed;
    this.bar = new LoadingBar(() => this.loading?.abort());
    this.loading = null; // the AbortController of the load that goes on
    this.again = null; // what "Try again" does, or nothing
  }

  // busy reports whether a model is loaded, or being loaded.
  get busy() {
    return Boolean(this.loading || this.transport.model);
  }

  demo() {
    return this.open("chord-tales", "demo", { last: { demo: true } });
  }

  // url loads what is at an address, or kept in the browser by it; with cache it is kept.
  url(url, cache) {
    return this.open(nameOf(url), url, { cache, last: cache ? { url } : null });
  }

  // files loads a model from the machine, in one file or split.
  files(list) {
    const files = [...list].sort((a, b) => (a.name < b.name ? -1 : 1));
    const size = files.reduce((sum, f) => sum + f.size, 0);
    const name = nameOf(files[0].name);
    const { fits, maxBytes, isolated } = probe({ bytes: size });
    if (!fits) return this.trouble(tooLarge(files[0].name, size, maxBytes, isolated), null);
    return this.open(name, files.length === 1 ? files[0] : files, { last: null });
  }

  // last loads the model of the last visit, if it needs no network.
  async last() {
    const last = setting("last", null);
    if (last?.demo) return this.demo();
    if (last?.url && (await kept()).some((m) => m.key === last.url && m.complete)) return this.url(last.url, true);
  }

  // open loads a source in place of the model that is there.
  async open(name, source, { cache = false, last }) {
    this.loading?.abort();
    const loading = (this.loading = new AbortController());
    const again = () => this.open(name, source, { cache, last });
    this.trouble("", null);
    this.bar.show(name);
    this.changed();
    await this.transport.close();
    const options = { ...setting("load", {}), signal: loading.signal, cache, onProgress: (p) => this.loading === loading && this.bar.progress(p) };
    let model, failure;
    try {
      model = await load(source, options);
    } catch (err) {
      failure = err;
    }
    if (this.loading !== loading) return void model?.close(); // another one is being loaded
    this.loading = null;
    this.bar.hide();
    if (model) this.loaded(model, name, again, last);
    this.changed();
    if (failure && !loading.signal.aborted) this.trouble(`${name}: ${explain(failure)}`, lasting.includes(failure.code) ? null : again);
  }

  // loaded notes a model, how it is loaded again, and for the next visit which it was.
  loaded(model, name, again, last) {
    Object.assign(this.transport, { model, name });
    this.reload = again;
    this.key = last?.url;
    keep("last", last);
    if (last?.url) keeper.persist().catch(() => {});
  }

  // forget deletes what is kept by a key. The engine of a model that is loaded from it needs
  // a moment to let go of the file.
  async forget(key) {
    if (this.transport.model && this.key === key) {
      await this.transport.close();
      this.changed();
    }
    for (let tries = 20; ; tries--) {
      try {
        return await keeper.delete(key);
      } catch (err) {
        if (err.code !== "busy" || !tries) return this.trouble(explain(err), null, false);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  // lost tells that the engine has ended.
  lost(err) {
    this.transport.close();
    this.changed();
    this.trouble(explain(err), this.reload, false);
  }

  // trouble shows an error, and a button if something can be tried again.
  trouble(text, again, tell = true) {
    this.again = again;
    $("trouble").hidden = !text;
    $("trouble-text").textContent = text;
    $("trouble-again").hidden = !again;
    if (text && tell) this.failed(text);
  }
}

// kept returns the models that the browser has, as the package lists them.
export async function kept() {
  try {
    return await keeper.list();
  } catch {
    return []; // storage is off
  }
}

// nameOf returns the name of a model, by that of its file.
export function nameOf(path) {
  const file = path.split(/[?#]/)[0].split(/[/:]/).at(-1);
  let name = file;
  try {
    name = decodeURIComponent(file);
  } catch { /* it is no encoded text */ }
  return name.replace(/(-00001-of-\d{5})?\.gguf$/i, "") || "model";
}
