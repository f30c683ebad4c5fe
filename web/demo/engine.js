// The transport of the demo: a model of the package answers, in this browser.

import { explain } from "./trouble.js";

// Names of the package's options by those of the page's parameters.
const names = { temperature: "temperature", max_tokens: "maxTokens", top_p: "topP", top_k: "topK", min_p: "minP", seed: "seed" };

// Errors after which a model answers nothing any more.
const fatal = ["crashed", "closed", "memory"];

export class EngineTransport {
  // lost(error) is called when the engine has ended by itself.
  constructor(lost) {
    this.lost = lost;
    this.model = null;
    this.name = "";
  }

  // close frees the model.
  async close() {
    const { model } = this;
    this.model = null;
    await model?.close();
  }

  async models() {
    return this.model ? [{ id: this.name, context: this.model.info.context, loaded: true }] : [];
  }

  async *chat({ messages, params }, signal) {
    const model = this.model;
    if (!model) throw new Error("No model is loaded.");
    const options = optionsOf(params, signal);
    const stream = model.info.chat ? model.chat(withSystem(messages, params.system), options) : model.generate(textOf(messages, params.system), options);
    try {
      for await (const { text, content, reasoning } of stream) {
        if (text || content) yield { content: text ?? content };
        if (reasoning) yield { reasoning };
      }
      const { finishReason, usage } = await stream.result;
      yield { finish: finishReason, usage: { prompt: usage.promptTokens, generated: usage.completionTokens, cached: usage.cachedTokens } };
    } catch (err) {
      if (fatal.includes(err.code) && this.model === model && !signal.aborted) this.lost(err);
      throw new Error(explain(err), { cause: err });
    }
  }
}

// optionsOf returns the options of a call.
function optionsOf(params, signal) {
  const options = { signal };
  for (const [from, to] of Object.entries(names)) if (params[from] !== undefined) options[to] = params[from];
  if (params.json) options.jsonSchema = { type: "object" };
  return options;
}

const withSystem = (messages, system) => (system ? [{ role: "system", content: system }, ...messages] : messages);

// textOf returns the text that a model without a template of chats goes on with.
function textOf(messages, system) {
  const turns = messages.map((m) => (m.role === "user" ? `\n\n${m.content}` : m.content));
  return [system ?? "", ...turns].join("").trimStart();
}
