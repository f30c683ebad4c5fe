import { load } from "@querent-ai/wasm-chord";

const story = document.getElementById("story");
const model = await load("demo");
for await (const { text } of model.generate("Once upon a time", { maxTokens: 40, seed: 7 })) story.append(text);
await model.close();
story.dataset.done = "yes";
