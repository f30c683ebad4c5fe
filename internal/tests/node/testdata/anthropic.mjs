// Drives chord with Anthropic's SDK. Arguments: the address of a server whose models are
// "text", "thinks" and "calls".
import Anthropic, { NotFoundError, BadRequestError, AuthenticationError } from "@anthropic-ai/sdk";
import assert from "node:assert/strict";

const baseURL = process.argv[2];
const client = new Anthropic({ baseURL, apiKey: "key", maxRetries: 0 });
const ask = (model, more) => ({ model, max_tokens: 100, messages: [{ role: "user", content: "Why is the sky blue?" }], ...more });

const plain = await client.messages.create(ask("text", { system: "Be brief.", metadata: { user_id: "u" } }));
assert.equal(plain.content[0].text, "Because it is not red.");
assert.equal(plain.stop_reason, "end_turn");
assert.equal(plain.stop_sequence, null);
assert.match(plain._request_id, /^req_/);
const count = await client.messages.countTokens({ model: "text", system: "Be brief.", messages: ask("text").messages });
assert.equal(count.input_tokens, plain.usage.input_tokens + plain.usage.cache_read_input_tokens + plain.usage.cache_creation_input_tokens);

// A stream is its plain answer.
for (const [model, more] of [["text", {}], ["thinks", { thinking: { type: "enabled", budget_tokens: 1024 } }], ["calls", tools({ type: "any" })], ["calls", tools({ type: "tool", name: "weather" })]]) {
  const q = ask(model, more);
  const want = await client.beta.messages.create({ ...q, betas: ["interleaved-thinking-2025-05-14"] });
  const got = await client.messages.stream(q).finalMessage();
  assert.deepEqual(got.content, want.content);
  assert.equal(got.stop_reason, want.stop_reason);
  assert.equal(got.usage.output_tokens, want.usage.output_tokens);
}

// A turn of tools and thinking goes back as it came.
for (const [model, type] of [["calls", "tool_use"], ["thinks", "thinking"]]) {
  const q = ask(model, model === "calls" ? tools({ type: "auto" }) : {});
  const turn = await client.messages.create(q);
  assert.equal(turn.content[0].type, type);
  const reply = type === "tool_use"
    ? turn.content.map((b) => ({ type: "tool_result", tool_use_id: b.id, content: [{ type: "text", text: "rain" }] }))
    : "And?";
  const next = await client.messages.create({ ...q, messages: [...q.messages, { role: "assistant", content: turn.content }, { role: "user", content: reply }] });
  assert.equal(next.content[0].type, type);
}

function tools(tool_choice) {
  const input_schema = { type: "object", properties: { city: { type: "string", pattern: "^(?=.)\\S" } }, required: ["city"] };
  return { tools: [{ name: "weather", description: "of a city", input_schema }], tool_choice, temperature: 0 };
}

const models = [];
for await (const m of client.models.list({ limit: 1 })) models.push(m.id);
assert.deepEqual(models, ["text", "thinks", "calls"]);
assert.equal((await client.models.retrieve("calls")).id, "calls");

await assert.rejects(client.messages.create(ask("none")), (e) => e instanceof NotFoundError && e.error.error.type === "not_found_error" && e.requestID.startsWith("req_"));
await assert.rejects(client.messages.create(ask("text", { temperature: "hot" })), (e) => e instanceof BadRequestError && /temperature/.test(e.message));
await assert.rejects(client.withOptions({ apiKey: "other" }).messages.create(ask("text")), AuthenticationError);
await client.withOptions({ apiKey: null, authToken: "key" }).messages.create(ask("text"));
