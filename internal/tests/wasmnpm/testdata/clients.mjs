// node clients.mjs: uses models as the AI SDK, OpenAI's client and the browsers'
// LanguageModel do. The models text, thinks, calls and json always answer the same.
import assert from "node:assert/strict";
import { embedMany, generateObject, generateText, jsonSchema, streamText, tool } from "ai";
import OpenAI from "openai";
import { load } from "@querent-ai/wasm-chord";
import { createChord, languageModel } from "@querent-ai/wasm-chord/ai";
import { createFetch } from "@querent-ai/wasm-chord/openai";
import { createLanguageModel, install } from "@querent-ai/wasm-chord/language-model";

const chatTemplate = `{%- if tools %}{{ tools|tojson }} <tool_call>{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}{% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}{% for c in m.tool_calls or [] %}<tool_call>
{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments|tojson }}}
</tool_call>{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`;
const models = {};
for (const name of ["text", "thinks", "calls", "json"]) models[name] = await load(name + ".gguf", { threads: 1, chatTemplate });
const prompt = "Why is the sky blue?";
const answer = "Because it is not red.";

// The AI SDK.
const chord = createChord(models);
const plain = await generateText({ model: chord("text"), system: "Be brief.", prompt, maxRetries: 0 });
assert.equal(plain.text, answer);
assert.equal(plain.finishReason, "stop");
assert.ok(plain.usage.inputTokens > 0 && plain.usage.outputTokens > 0);
assert.equal((await generateText({ model: languageModel(models.text), prompt, maxOutputTokens: 2 })).finishReason, "length");
const stream = streamText({ model: chord("thinks"), prompt });
let text = "";
for await (const piece of stream.textStream) text += piece;
assert.equal(text, "It is blue.");
assert.equal(await stream.reasoningText, "Let me see.");
assert.ok((await stream.usage).outputTokens > 0);
const asked = [];
const weather = tool({
	description: "The weather.", inputSchema: jsonSchema({ type: "object", properties: { city: { type: "string" } } }),
	execute: async ({ city }) => (asked.push(city), "warm"),
});
for (const result of [generateText({ model: chord("calls"), prompt, tools: { weather } }), streamText({ model: chord("calls"), prompt, tools: { weather } })]) {
	const { toolCalls, toolResults, finishReason } = await result;
	assert.equal((await toolCalls)[0].toolName, "weather");
	assert.deepEqual((await toolCalls)[0].input, { city: "Rome" });
	assert.equal((await toolResults)[0].output, "warm");
	assert.equal(await finishReason, "tool-calls");
}
assert.deepEqual(asked, ["Rome", "Rome"]);
const calls = plain.steps[0] && (await generateText({
	model: chord("text"), messages: [
		{ role: "user", content: prompt },
		{ role: "assistant", content: [{ type: "tool-call", toolCallId: "1", toolName: "weather", input: { city: "Rome" } }] },
		{ role: "tool", content: [{ type: "tool-result", toolCallId: "1", toolName: "weather", output: { type: "json", value: { warm: true } } }] },
	],
}));
assert.equal(calls.text, answer);
const schema = jsonSchema({ type: "object", properties: { age: { type: "integer" } }, required: ["age"], additionalProperties: false });
assert.deepEqual((await generateObject({ model: chord("json"), schema, prompt })).object, { age: 7 });
assert.equal((await embedMany({ model: chord.textEmbeddingModel("text"), values: ["a", "b"] })).embeddings.length, 2);
const controller = new AbortController();
const aborted = streamText({ model: chord("text"), prompt, abortSignal: controller.signal, onError() {} });
controller.abort();
await assert.rejects(async () => { for await (const part of aborted.fullStream) if (part.type === "abort" || part.type === "error") throw new Error(part.type); });
await assert.rejects(generateText({ model: chord("text"), prompt: [{ role: "user", content: [{ type: "image", image: new Uint8Array(4) }] }], maxRetries: 0 }), /text only/);

// OpenAI's client.
const client = new OpenAI({ baseURL: "http://chord.invalid/v1", apiKey: "none", maxRetries: 0, fetch: createFetch(models), dangerouslyAllowBrowser: true });
const messages = [{ role: "user", content: prompt }];
const names = [];
for await (const m of client.models.list()) names.push(m.id);
assert.deepEqual(names, Object.keys(models));
assert.equal((await client.chat.completions.create({ model: "text", messages })).choices[0].message.content, answer);
const completion = client.chat.completions.stream({ model: "text", messages, stream_options: { include_usage: true } });
assert.equal(await completion.finalContent(), answer);
assert.ok((await completion.totalUsage()).completion_tokens > 0);
const call = await client.chat.completions.create({ model: "calls", messages, tools: [{ type: "function", function: { name: "weather", parameters: {} } }] });
assert.equal(call.choices[0].message.tool_calls[0].function.name, "weather");
const vectors = await client.embeddings.create({ model: "text", input: ["a", "b"] });
assert.equal(vectors.data[1].embedding.length, models.text.info.vectorDim);
const floats = await client.embeddings.create({ model: "text", input: ["a", "b"], encoding_format: "float" });
assert.ok(floats.data[1].embedding.every((x, i) => Math.abs(x - vectors.data[1].embedding[i]) < 1e-6));
await assert.rejects(client.chat.completions.create({ model: "none", messages }), { status: 404, code: "model_not_found" });
await assert.rejects(client.chat.completions.create({ model: "text", messages, top_p: 7 }), { status: 400 });
await assert.rejects(client.chat.completions.create({ model: "text", messages, top_p: 7, stream: true }), { status: 400 });
await assert.rejects(client.responses.create({ model: "text", input: "a" }), { status: 404 });
const raw = createFetch(models.text);
assert.equal((await raw("http://x/v1/chat/completions", { method: "POST", body: "{" })).status, 400);
assert.equal((await raw("http://x/v1/chat/completions")).status, 405);
const ended = new AbortController();
const events = await raw("http://x/v1/chat/completions", { method: "POST", body: JSON.stringify({ messages, stream: true }), signal: ended.signal });
await events.body.cancel();

// The browsers' LanguageModel.
assert.equal(install(() => models.text), true);
assert.equal(install(() => models.text), false);
assert.equal(await LanguageModel.availability(), "downloadable");
let progress;
const session = await LanguageModel.create({
	initialPrompts: [{ role: "system", content: "Be brief." }], monitor: (m) => m.addEventListener("downloadprogress", (e) => (progress = e.loaded)),
});
assert.equal(progress, 1);
assert.equal(await LanguageModel.availability(), "available");
assert.equal(await session.prompt(prompt), answer);
const used = session.inputUsage;
const clone = await session.clone();
await session.append([{ role: "user", content: [{ type: "text", value: "And the sea?" }] }]);
let pieces = "";
for await (const piece of session.promptStreaming(prompt)) pieces += piece;
assert.equal(pieces, answer);
assert.ok(session.inputUsage > used && clone.inputUsage === used && session.inputQuota === models.text.info.context);
assert.ok((await session.measureInputUsage(prompt)) > 0);
const json = await createLanguageModel(() => models.json).create();
assert.deepEqual(JSON.parse(await json.prompt(prompt, { responseConstraint: { type: "object", properties: { age: { type: "integer" } }, required: ["age"], additionalProperties: false } })), { age: 7 });
assert.equal(await clone.prompt(prompt, { responseConstraint: /^Beca[a-z]{2}e/ }), "Because");
await assert.rejects(session.prompt([{ role: "user", content: [{ type: "image", value: null }] }]), { name: "NotSupportedError" });
await assert.rejects(session.prompt(prompt, { signal: AbortSignal.abort() }), { name: "AbortError" });
session.destroy();
await assert.rejects(session.prompt(prompt), { name: "InvalidStateError" });
console.log("done");
