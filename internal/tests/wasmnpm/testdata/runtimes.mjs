// What every runtime does alike: runtimes.mjs RUNTIME DAMAGED prints values as lines of JSON.
import { ChordError, load, probe } from "@querent-ai/wasm-chord";

const [runtime, damaged] = process.argv.slice(2);
const say = (name, value) => console.log(JSON.stringify({ name, value }));
const code = (promise) => promise.then(() => "none", (err) => (err instanceof ChordError ? err.code : String(err)));
const options = { maxTokens: 20, seed: 7 };

say("runtime", probe().runtime === runtime);
for (const threads of [1, 3]) {
	const model = await load("demo", { threads });
	say(`text, threads=${threads}`, (await model.complete("Once upon a time", options)).text);
	let text = "";
	for await (const token of model.generate("Once upon a time", options)) text += token.text;
	say(`streamed, threads=${threads}`, text);
	say(`aborted, threads=${threads}`, await code(model.complete("Once", { ignoreEos: true, signal: AbortSignal.timeout(1) })));
	const session = model.session();
	await session.append("Once upon a time");
	say(`session, threads=${threads}`, (await session.tokens()).length > 3 && (await session.save()).length > 1000);
	await model.close();
	say(`closed, threads=${threads}`, await code(model.tokenize("a")));
}
say("damaged", await code(load(damaged)));
say("missing", await code(load("nothing.gguf")));
if (probe().memory64) {
	const model = await load("demo", { memory64: true, threads: 2 });
	say("memory64", (await model.complete("Once upon a time", options)).text);
	await model.close();
} else {
	say("memory64", await code(load("demo", { memory64: true })));
}
