import { finishOf } from "./results.mjs";

// usageOf is OpenAI's usage.
const usageOf = (r) => ({
	prompt_tokens: r.Prompt, completion_tokens: r.Generated, total_tokens: r.Prompt + r.Generated,
	prompt_tokens_details: { cached_tokens: r.Cached },
});

// head is what all objects of an answer have.
const head = (object, model) => ({ id: "chatcmpl-" + crypto.randomUUID(), object, created: Math.floor(Date.now() / 1000), model });

// completion is the whole answer that deltas of the engine make.
export async function completion(model, deltas) {
	const message = { role: "assistant", content: "" };
	let result;
	for await (const d of deltas) {
		message.content += d.Content;
		if (d.Reasoning) message.reasoning_content = (message.reasoning_content ?? "") + d.Reasoning;
		if (d.ToolCall) (message.tool_calls ??= []).push(d.ToolCall);
		result = d.Result ?? result;
	}
	if (message.tool_calls && message.content === "") message.content = null;
	const choice = { index: 0, message, finish_reason: finishOf(result.Finish) };
	return { ...head("chat.completion", model), choices: [choice], usage: usageOf(result) };
}

// pieceOf is OpenAI's delta of the engine's, undefined if there is nothing in it.
function pieceOf(d) {
	if (d.Reasoning) return { reasoning_content: d.Reasoning };
	if (d.Content) return { content: d.Content };
	if (!d.CallPiece) return undefined;
	const { Index: index, ID: id, Name: name, Arguments: text } = d.CallPiece;
	const call = { index, function: { arguments: text } };
	if (id) Object.assign(call, { id, type: "function", function: { name, arguments: text } });
	return { tool_calls: [call] };
}

// chunks are the chunks of a streamed answer.
export async function* chunks(model, deltas, usage) {
	const all = { ...head("chat.completion.chunk", model), ...(usage && { usage: null }) };
	const chunk = (delta, finish_reason = null) => ({ ...all, choices: [{ index: 0, delta, finish_reason }] });
	yield chunk({ role: "assistant", content: "" });
	for await (const d of deltas) {
		const piece = pieceOf(d);
		if (piece) yield chunk(piece);
		if (!d.Result) continue;
		yield chunk({}, finishOf(d.Result.Finish));
		if (usage) yield { ...all, choices: [], usage: usageOf(d.Result) };
	}
}
