// Drives chord with Ollama's client for JavaScript. Arguments: the address of a server
// whose models are "text", "thinks" and "calls".
import { Ollama } from "ollama";
import assert from "node:assert/strict";

const ollama = new Ollama({ host: process.argv[2], headers: { Authorization: "Bearer key" } });
const messages = [{ role: "user", content: "Why is the sky blue?" }];
const tools = [{ type: "function", function: { name: "weather", description: "of a city", parameters: { type: "object", properties: { city: { type: "string" } } } } }];

const text = await ollama.generate({ model: "text", prompt: "Why is the sky blue?" });
assert.equal(text.response, "Because it is not red.");
assert.equal(text.done_reason, "stop");
let joined = "";
for await (const part of await ollama.generate({ model: "text", prompt: "Why is the sky blue?", stream: true })) joined += part.response;
assert.equal(joined, text.response);

const thought = await ollama.chat({ model: "thinks", messages, think: true });
assert.equal(thought.message.thinking, "Let me see.");
assert.equal(thought.message.content, "It is blue.");

const call = await ollama.chat({ model: "calls", messages, tools, options: { temperature: 0 } });
assert.deepEqual(call.message.tool_calls[0].function.arguments, { city: "Rome" });
const after = await ollama.chat({ model: "calls", messages: [...messages, call.message, { role: "tool", tool_name: "weather", content: "rain" }], tools, options: { temperature: 0 } });
assert.equal(after.message.tool_calls[0].function.name, "weather");

const vectors = await ollama.embed({ model: "text", input: ["a cat", "a dog"] });
assert.equal(vectors.embeddings.length, 2);
assert.deepEqual((await ollama.list()).models.map((m) => m.name), ["text", "thinks", "calls"]);
assert.equal((await ollama.ps()).models.length, 3);
assert.equal((await ollama.show({ model: "text" })).details.family, "llama");
assert.equal((await ollama.version()).version, "1.2.3");
assert.equal((await ollama.copy({ source: "text", destination: "other" })).status, "success");
assert.equal((await ollama.delete({ model: "other" })).status, "success");

await assert.rejects(ollama.chat({ model: "none", messages }), (e) => e.status_code === 404 && /none/.test(e.message));
const stream = await ollama.chat({ model: "text", messages, stream: true });
try { // the answer may be there before the client leaves
  for await (const _ of stream) stream.abort();
} catch (e) {
  assert.equal(e.name, "AbortError");
}
