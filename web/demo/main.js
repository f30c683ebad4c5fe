// The demo: a model in this browser answers.

import { probe } from "../chord/index.mjs";
import { run } from "../page/app.js";
import { EngineTransport } from "./engine.js";
import { Models } from "./models.js";
import { offline } from "./offline.js";
import { Picker } from "./picker.js";

const $ = (id) => document.getElementById(id);

// Ideas for the model in the package, and for those without a template of chats, which
// continue texts.
const stories = ["Tell me a story about a cat", "Tell me a story about a boy and his dog", "Tell me a story about a red ball", "Tell me a story about a big tree"];
const openings = ["Once upon a time, there was a little fox", "Lily found a red ball in the park", "One day, Tom and his dog", "The sun was warm and the bird"];
const ideas = [...$("ideas").querySelectorAll("button")];
const questions = ideas.map((b) => b.textContent);

$("model").closest("label").after($("models-open"));
document.querySelector(".dock").prepend($("loading"));

const transport = new EngineTransport((err) => models.lost(err));
const models = new Models(transport, { changed, failed });
const picker = new Picker(models);
let app;
show();
app = await run(transport);
offline(() => !models.busy && $("prompt").value === "");
if (probe().wasm) await models.last();

// show shows which model there is, and how it computes.
function show() {
  const { model, name } = transport;
  $("models-name").textContent = model ? name : models.loading ? "Loading …" : "Choose a model";
  $("models-how").textContent = model ? howOf(model.info) : "";
  $("models-how").title = model?.info.backendReason ? `No GPU: ${model.info.backendReason}` : "";
  document.querySelector("#empty h2").textContent = model || models.loading ? "What is on your mind?" : "Chat with a model in this browser";
  $("empty-model").textContent = "The model runs on this machine; what you write goes nowhere." + (model ? ` It sees ${model.info.context} tokens at a time.` : "");
  $("ideas").hidden = !model;
  ideas.forEach((b, i) => (b.textContent = ideasOf(model?.info)[i]));
  $("prompt").placeholder = models.loading ? "The model is being loaded" : !model ? "Choose a model first" : model.info.chat ? "Write a message" : "Begin a story";
  const focused = $("picker").contains(document.activeElement);
  picker.place();
  if (focused && models.loading) $("loading-cancel").focus();
}

function ideasOf(info) {
  if (!info || (info.chat && info.name !== "chord-tales")) return questions;
  return info.chat ? stories : openings;
}

async function changed() {
  show();
  await app?.models();
  if (models.loading) app?.view.say("The model is being loaded.");
  if (!transport.model || models.loading) return;
  app.view.say(`${transport.name} is loaded: ${howOf(transport.model.info)}`);
  $("prompt").focus();
}

// failed shows the panel, which has the error.
function failed() {
  show();
  if (!$("picker").checkVisibility()) picker.show();
}

// howOf says what computes.
function howOf({ threads, backend }) {
  return backend === "webgpu" ? "GPU" : `CPU, ${threads} ${threads === 1 ? "thread" : "threads"}`;
}
