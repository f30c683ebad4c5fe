// Parameters, theme and dialogs.

import { keep, setting } from "./store.js";

const $ = (id) => document.getElementById(id);

// ask shows a dialog and returns the value of the button that closed it.
export function ask(dialog) {
  return new Promise((resolve) => {
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
    dialog.showModal();
  });
}

// A button that cancels is no submit button, so that Enter in a field is not "cancel".
for (const b of document.querySelectorAll("dialog .cancel")) b.addEventListener("click", () => b.closest("dialog").close(""));

// confirm asks whether to delete something.
export async function confirm(text) {
  $("confirm-text").textContent = text;
  return (await ask($("confirm"))) === "yes";
}

// askKey asks for the API key and returns {key, keep}, or null.
export async function askKey(note) {
  $("key-note").textContent = note;
  $("key-value").value = "";
  const answer = await ask($("key"));
  const key = $("key-value").value.trim();
  return answer === "yes" && key ? { key, keep: $("key-keep").checked } : null;
}

// Parameters are those of the next answers, in a form; what is left empty is up to the
// server.
export class Parameters {
  constructor() {
    this.form = $("settings").querySelector("form");
    this.fields = [...this.form.elements].filter((e) => e.name);
    this.show(setting("params", {}));
    this.form.addEventListener("input", () => this.changed());
    $("settings-reset").addEventListener("click", () => {
      this.show({});
      this.changed();
    });
    // Enter in a field would press the first button, and it leaves a wrong number behind.
    this.form.addEventListener("keydown", (e) => {
      if (e.key === "Enter" && e.target.tagName === "INPUT") {
        e.preventDefault();
        if (this.form.reportValidity()) $("settings").close();
      }
    });
    this.mark();
  }

  show(values) {
    for (const f of this.fields) {
      if (f.type === "checkbox") f.checked = values[f.name] === true;
      else f.value = values[f.name] ?? "";
    }
  }

  // value returns what is set and valid.
  value() {
    const out = {};
    for (const f of this.fields) {
      if (f.type === "checkbox") {
        if (f.checked) out[f.name] = true;
      } else if (f.value.trim() !== "" && f.checkValidity()) out[f.name] = f.type === "number" ? f.valueAsNumber : f.value.trim();
    }
    return out;
  }

  changed() {
    keep("params", this.value());
    this.mark();
  }

  // mark shows at the button that some parameter is not the default.
  mark() {
    const n = Object.keys(this.value()).length;
    $("settings-open").classList.toggle("set", n > 0);
    $("settings-open").setAttribute("aria-label", n ? `Parameters, ${n} changed` : "Parameters");
  }
}

const themes = ["system", "light", "dark"];

// theme makes the button that goes from one theme to the next.
export function theme() {
  const b = $("theme");
  let now = setting("theme", "system");
  const show = () => {
    if (now === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = now;
    b.title = `Theme: ${now}`;
    b.setAttribute("aria-label", `Theme: ${now}`);
  };
  b.addEventListener("click", () => {
    now = themes[(themes.indexOf(now) + 1) % themes.length];
    keep("theme", now);
    show();
  });
  show();
}
