// The panel in which a model is chosen: in the page while there is none, in a dialog
// afterwards.

import { cache, probe } from "../chord/index.mjs";
import { button } from "../page/chat.js";
import { element } from "../page/markdown.js";
import { ask, confirm } from "../page/settings.js";
import { keep, setting } from "../page/store.js";
import { bytes } from "./format.js";
import { kept, nameOf } from "./models.js";

const $ = (id) => document.getElementById(id);

export class Picker {
  constructor(models) {
    this.models = models;
    this.dialog = $("models");
    $("open-demo").addEventListener("click", () => this.choose(() => models.demo()));
    $("open-file").addEventListener("click", () => $("file").click());
    $("file").addEventListener("change", () => {
      const files = [...$("file").files];
      $("file").value = ""; // the same file may be chosen again
      if (files.length) this.choose(() => models.files(files));
    });
    $("address").addEventListener("submit", (e) => {
      e.preventDefault();
      const url = addressOf($("address-url").value.trim());
      this.choose(() => models.url(url, $("address-keep").checked));
    });
    $("trouble-again").addEventListener("click", () => this.choose(() => models.again()));
    $("models-open").addEventListener("click", () => this.show());
    $("models-close").addEventListener("click", () => this.dialog.close());
    this.drops();
    this.options();
    this.limits();
  }

  // choose closes the dialog and loads.
  choose(load) {
    if (this.dialog.open) this.dialog.close();
    load();
  }

  // show shows the panel in the dialog.
  show() {
    if (this.dialog.open) return;
    this.dialog.append($("picker"));
    $("picker").hidden = false;
    this.list();
    ask(this.dialog).then(() => this.place());
  }

  // place puts the panel into the page while there is no model.
  place() {
    if (!this.dialog.open) $("empty").append($("picker"));
    $("picker").hidden = this.models.busy && !this.dialog.open;
    this.list();
  }

  // list shows the models that the browser keeps.
  async list() {
    const models = await kept();
    $("kept").hidden = models.length === 0;
    $("kept-list").replaceChildren(...models.map((m) => this.row(m)));
    if (models.length === 0) return;
    const { usage, quota } = await cache.estimate().catch(() => ({}));
    $("kept-space").textContent = quota ? `${bytes(usage)} of ${bytes(quota)} are used.` : "";
  }

  // row shows a model that is kept, or the part of one whose fetching goes on when it is
  // loaded.
  row({ key, bytes: there, size, complete }) {
    const name = nameOf(key);
    const load = element("button", { type: "button", class: "model-row", title: key }, element("b", {}, name), element("span", { class: "faint" }, complete ? bytes(there) : `${bytes(there)} of ${size ? bytes(size) : "more"} are here`));
    load.addEventListener("click", () => this.choose(() => this.models.url(key, true)));
    return element("li", {}, load, button("trash", `Delete ${name}`, () => this.delete(key, name)));
  }

  async delete(key, name) {
    if (!(await confirm(`Delete “${name}” from this browser?`))) return;
    await this.models.forget(key);
    await this.list();
    $("open-demo").focus();
  }

  // drops takes files that are dropped anywhere.
  drops() {
    const files = (e) => e.dataTransfer?.types.includes("Files");
    const show = (on) => ($("drop").hidden = !on);
    addEventListener("dragover", (e) => {
      if (!files(e)) return;
      e.preventDefault();
      show(true);
    });
    addEventListener("dragleave", (e) => e.relatedTarget === null && show(false));
    addEventListener("drop", (e) => {
      if (!files(e)) return;
      e.preventDefault();
      show(false);
      const dropped = [...e.dataTransfer.files];
      if (dropped.length) this.choose(() => this.models.files(dropped));
    });
  }

  // options are those of the next load; what is left empty is up to the engine.
  options() {
    const fields = [...$("options").querySelectorAll("input, select")];
    const valueOf = (f) => (f.type === "number" ? f.valueAsNumber : f.value);
    const values = setting("load", {});
    for (const f of fields) {
      f.value = values[f.name] ?? "";
      f.addEventListener("input", () => keep("load", Object.fromEntries(fields.filter((f) => f.value !== "" && f.checkValidity()).map((f) => [f.name, valueOf(f)]))));
    }
  }

  // limits says what this browser, or the host of the page, lacks.
  limits() {
    const { wasm, isolated, threads } = probe();
    const [field] = $("options").querySelectorAll("[name=threads]");
    field.max = threads;
    field.disabled = !isolated;
    if (!wasm) {
      for (const id of ["open-demo", "open-file"]) $(id).disabled = true;
      for (const e of $("address").elements) e.disabled = true;
      this.models.trouble("This browser cannot run models: it has no WebAssembly with SIMD. Newer ones have.", null, false);
    } else if (!isolated) {
      $("limits").textContent = "One thread computes, since this page is not isolated from other origins: the host sends no Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy.";
    }
  }
}

// addressOf returns the address of a file, also of one that is named as chord pull names
// it, hf://org/name/file.gguf, or by its page at Hugging Face.
function addressOf(text) {
  const hub = "https://huggingface.co/";
  return new URL(text.replace(/^hf:\/\/([^/]+\/[^/]+)\//, `${hub}$1/blob/main/`)).href.replace(/^(https:\/\/huggingface\.co\/[^/]+\/[^/]+)\/blob\//, "$1/resolve/");
}
