// The bar of a model that is being loaded: bytes, rate and time left.

import { bytes, duration } from "./format.js";

const $ = (id) => document.getElementById(id);

const window_ = 3000; // ms over which the rate is measured
const stages = { download: "Fetching", load: "Reading", cache: "Reading" };

export class LoadingBar {
  // cancel() is called when the user wants no more.
  constructor(cancel) {
    $("loading-cancel").addEventListener("click", cancel);
  }

  show(name) {
    this.stage = "";
    $("loading-name").textContent = name;
    $("loading-how").textContent = "Starting the engine …";
    $("loading-bar").removeAttribute("value");
    $("loading").hidden = false;
  }

  hide() {
    $("loading").hidden = true;
  }

  // progress shows how far a stage is, as load of the package tells it.
  progress({ loaded, total, stage }) {
    const now = performance.now();
    if (stage !== this.stage) {
      this.stage = stage;
      this.samples = [];
      this.drawn = -Infinity;
    }
    this.samples.push({ at: now, loaded });
    while (this.samples.length > 2 && now - this.samples[0].at > window_) this.samples.shift();
    if (now - this.drawn < 100 && loaded !== total) return;
    this.drawn = now;
    if (total) $("loading-bar").value = loaded / total;
    else $("loading-bar").removeAttribute("value");
    $("loading-how").textContent = textOf(stages[stage] ?? "Loading", loaded, total, rateOf(this.samples));
  }
}

// rateOf returns bytes a second, 0 if it is too early to say.
function rateOf(samples) {
  const first = samples[0], last = samples.at(-1);
  return last.at - first.at < 300 ? 0 : ((last.loaded - first.loaded) * 1000) / (last.at - first.at);
}

// textOf says how far a stage is.
export function textOf(stage, loaded, total, rate) {
  const out = [total ? `${stage} ${bytes(loaded)} of ${bytes(total)}` : `${stage} ${bytes(loaded)}`];
  if (rate > 0) {
    out.push(`${bytes(rate)}/s`);
    if (total > loaded) out.push(`${duration((total - loaded) / rate)} left`);
  }
  return out.join(" · ");
}
