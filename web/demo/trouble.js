// What is said of errors.

import { bytes } from "./format.js";

// By the code of a ChordError, what is said before its message, and after it.
const texts = {
  format: ["This is no GGUF file that can be read: ", ""],
  unsupported: ["This model cannot run here: ", ""],
  memory: ["There is not enough memory: ", ". Choose a smaller model, or a shorter context in the options."],
  crashed: ["The engine has ended: ", ". Load the model again."],
  quota: ["There is no room to keep the model: ", ". It can be loaded without being kept, or others can be deleted."],
  busy: ["The model is in use, perhaps in another tab: ", ""],
  source: ["The file cannot be read: ", ""],
  context_full: ["The conversation is longer than the context of the model: ", ". Begin a new chat, or edit an earlier message."],
};

// explain returns what is said of an error.
export function explain(err) {
  const message = String(err?.message ?? err).replace(/^chord: /, "").replace(/\.$/, "");
  const [before, after] = texts[err?.code] ?? ["", ""];
  const hint = err?.code === "source" && /fetch/i.test(message) ? ". There is no network, or the server lets no other page read it (CORS)." : after;
  return before + message + (hint || ".");
}

// tooLarge returns what is said of files that are too large to load, in a page that is
// isolated from other origins or not.
export const tooLarge = (name, size, most, isolated) =>
  `${name} is too large: it has ${bytes(size)}, and at most ${bytes(most)} fit into the memory of WebAssembly.${isolated ? "" : " Pages that are isolated from other origins take larger ones."}`;
