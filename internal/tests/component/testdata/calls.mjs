// node calls.mjs MODEL CHAT-MODEL: calls a component, and prints what comes out, a line
// of JSON each.
import fs from "node:fs";
import { createHash } from "node:crypto";
import { models } from "./chord/chord.js";

const print = (name, value) => console.log(JSON.stringify({ name, value }, (_, v) => (typeof v === "bigint" ? Number(v) : v)));
const code = (f) => {
	try {
		f();
		return "none";
	} catch (err) {
		return (err.payload ?? err).tag ?? "thrown"; // jco's command wraps errors, its library does not
	}
};
const words = (text) => {
	let s = "";
	for (let e; (e = text.next()); ) if (e.tag === "token") s += e.val.text;
	return s;
};

const file = fs.readFileSync(process.argv[2]);
const model = models.Model.load(file, {});
const info = model.info();
print("info", [info.name, info.architecture, info.context, info.vocabulary, info.vectorDim, info.embedder, info.weightSize, info.tier]);

// Texts, alone and in turn.
const prompt = "Once upon a time";
const params = (seed) => ({ seed: BigInt(seed), maxTokens: 40 });
print("text", words(model.generate(prompt, params(7))));
const [a, b] = [model.generate(prompt, params(7)), model.generate(prompt, params(8))];
let both = ["", ""];
for (let open = true; open; ) {
	open = false;
	[a, b].forEach((text, i) => {
		const e = text.next();
		if (e?.tag === "token") both[i] += e.val.text;
		open ||= e !== undefined;
	});
}
print("in turn", both);
let last;
const done = model.generate(prompt, { temperature: 0, maxTokens: 3, stop: ["never"] });
for (let e; (e = done.next()); ) last = e;
print("outcome", [last.tag, last.val.finish, last.val.prompt, last.val.generated]);
print("after the end", done.next() ?? null);
print("grammar", words(model.generate(prompt, { grammar: 'root ::= "yes" | "no"', seed: 1n })));
print("schema", words(model.generate(prompt, { jsonSchema: '{"enum": [12]}', seed: 1n })));
print("more", words(model.generate(prompt, { ...params(7), more: '{"samplers": ["top_k"], "top_k": 1}' })));

// Strings and lists.
const texts = ["", "a", "naïve 漢字 🙂", "\u0000 nul", "long ".repeat(20000)];
print("strings", texts.map((t) => model.detokenize(model.tokenize(t, false)) === t));
print("special", [model.tokenize("</s>", true).length, model.tokenize("</s>", false).length > 1]);
print("no tokens", model.detokenize(new Int32Array(0)));
const vectors = model.embed(["a", "b"]);
print("vectors", createHash("sha256").update(new Uint8Array(vectors[0].buffer)).update(new Uint8Array(vectors[1].buffer)).digest("hex"));
print("no texts", model.embed([]).length);

// Errors.
print("format", code(() => models.Model.load(new Uint8Array(1000), {})));
print("empty file", code(() => models.Model.load(new Uint8Array(0), {})));
print("invalid", code(() => model.generate(prompt, { topP: 7 }).next()));
print("bad json", code(() => model.generate(prompt, { more: "{" })));
print("bad grammar", code(() => model.generate(prompt, { grammar: "root ::= x" })));
print("bad token", code(() => model.detokenize(new Int32Array([1 << 30]))));
print("context-full", code(() => model.generate("word ".repeat(2000), {}).next()));
print("no string", code(() => model.embed([Symbol()])));

// Resources.
const cancelled = model.generate(prompt, {});
cancelled.next();
cancelled.cancel();
print("cancelled", code(() => cancelled.next()));
const left = model.generate(prompt, {});
left.next();
left[Symbol.dispose]();
print("after a drop", words(model.generate(prompt, params(7))));
print("dropped", code(() => left.next()));
const loader = new models.Loader(BigInt(file.length));
print("early", code(() => loader.open({})));
const pieces = new models.Loader(BigInt(file.length));
for (let at = 0; at < file.length; at += 1 << 20) pieces.write(file.subarray(at, at + (1 << 20)));
print("too much", code(() => pieces.write(new Uint8Array(1))));
const other = pieces.open({ context: 64 });
print("context", other.info().context);
const orphan = other.generate(prompt, {});
orphan.next();
other[Symbol.dispose]();
print("closed", code(() => orphan.next()));

// Memory grows: models that are open at once, and many that are not.
const open = [...Array(6)].map(() => models.Model.load(file, {}));
print("six models", open.every((m) => words(m.generate(prompt, params(7))) === words(model.generate(prompt, params(7)))));
for (const m of open) m[Symbol.dispose]();
for (let i = 0; i < 10; i++) models.Model.load(file, { context: 64 })[Symbol.dispose]();
let handles = 0;
for (let i = 0; i < 2000; i++) {
	const text = model.generate(prompt, { maxTokens: 1 });
	text[Symbol.dispose]();
	handles++;
}
print("handles", handles);

// Chats and tools.
const chatTemplate = `{%- if tools %}{{ tools|tojson }} <tool_call>{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}{% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}{% for c in m.tool_calls or [] %}<tool_call>
{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments|tojson }}}
</tool_call>{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`;
const chat = models.Model.load(fs.readFileSync(process.argv[3]), { chatTemplate });
const events = [];
const answer = chat.chat(
	[
		{ role: "user", content: "How is it in Rome?" },
		{ role: "assistant", content: "", toolCalls: [{ id: "a", name: "weather", arguments: '{"city": "Rome"}' }] },
		{ role: "tool", content: "sunny", toolCallId: "a" },
	],
	{ tools: '[{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]' },
);
for (let e; (e = answer.next()); ) events.push(e);
const joined = (tag) => events.filter((e) => e.tag === tag).map((e) => e.val).join("");
print("reasoning", joined("reasoning"));
const call = events.find((e) => e.tag === "tool-call")?.val;
print("call", [call?.name, call?.arguments]);
print("finish", events.at(-1).val.finish);
