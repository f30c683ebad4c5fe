// What the engine says, as index.d.ts has it.

const ms = (nanoseconds) => nanoseconds / 1e6;
const rate = (n, nanoseconds) => (n > 0 && nanoseconds > 0 ? n / (nanoseconds / 1e9) : 0);

// infoOf is model.info.
export function infoOf({ info, memory64 }, threads) {
	const i = JSON.parse(info);
	return {
		name: i.Name, arch: i.Arch, layers: i.Layers, dim: i.Dim, vectorDim: i.VectorDim, vocab: i.Vocab,
		context: i.Context, trained: i.Trained, embedder: i.Embedder, reranker: i.Reranker, chat: i.Chat,
		weightBytes: i.WeightSize, cacheBytes: i.CacheSize, threads, memory64, loadMs: ms(i.Load),
	};
}

// tokenOf is a token.
function tokenOf(t) {
	const token = { text: t.Text, id: t.ID };
	if (t.Top) {
		token.logprob = t.Logprob;
		token.top = t.Top.map((p) => ({ text: p.Text, id: p.ID, logprob: p.Logprob }));
	}
	return token;
}

// tokensOf are the elements of a stream of tokens for one of the engine's.
export const tokensOf = (t) => (t.Result ? [] : [tokenOf(t)]);

// finishOf is why a text ended, in OpenAI's words.
export function finishOf(finish) {
	return { length: "length", context: "length", tool_calls: "tool_calls" }[finish] ?? "stop";
}

// resultOf is the result of a text.
export function resultOf(r) {
	return {
		finishReason: finishOf(r.Finish),
		seed: r.Seed,
		usage: {
			promptTokens: r.Prompt, cachedTokens: r.Cached, completionTokens: r.Generated, totalTokens: r.Prompt + r.Generated,
		},
		timings: {
			queueMs: ms(r.Queue), promptMs: ms(r.PromptTime), tokensMs: ms(r.TokenTime),
			promptPerSecond: rate(r.Prompt - r.Cached, r.PromptTime - r.Queue),
			tokensPerSecond: rate(r.Generated - 1, r.TokenTime),
		},
	};
}

// deltasOf are the elements of model.chat for one of the engine's.
export function* deltasOf(d) {
	const { Content: content, Reasoning: reasoning, ToolCall: toolCall } = d;
	if (reasoning) yield { reasoning };
	if (content) yield { content };
	if (toolCall) yield { toolCall };
}
