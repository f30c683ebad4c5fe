// Models whose weights are in a memory with addresses of 64 bits.
import { load, probe } from "/node_modules/@querent-ai/wasm-chord/dist/index.mjs";

const at = (name) => new URL("/models/" + encodeURIComponent(name), location.href);

// text is the ids and probabilities that a model gives, of a prompt that is longer than a
// panel of tokens.
async function text(source, options) {
	const model = await load(source, { context: 128, ...options });
	const all = [model.info.memory64];
	for await (const { id, logprob } of model.generate("One day a boy and his dog went to the park", { temperature: 0, maxTokens: 6, ignoreEos: true, logprobs: 1 })) all.push(id, logprob);
	await model.close();
	return all;
}

// far compares texts: [in that memory, the same].
export async function far(names) {
	const values = { there: probe().memory64 };
	for (const name of names) {
		const [, ...near] = await text(at(name), { threads: 1 });
		for (const threads of [1, 2]) {
			const [memory64, ...far] = await text(at(name), { threads, memory64: true });
			values[`${name}, threads=${threads}`] = [memory64, near.length === 12 && near.join() === far.join()];
		}
	}
	return values;
}

// tooLarge are the errors of a file of 16 GB, and where there is no such memory of one of 5 GB.
export async function tooLarge() {
	const failed = (source, options) => load(source, options).then(() => "loaded", (err) => [err.code, /memory64/.test(err.message)]);
	const values = { there: probe().memory64, "16 GB": await failed(at("17000000000")) };
	if (!values.there) values["5 GB"] = await failed(at("5000000000"));
	if (!values.there) values.asked = await failed("demo", { memory64: true });
	return values;
}
