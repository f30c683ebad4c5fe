// Models on the GPU and on the CPU.
import { load } from "/node_modules/@querent-ai/wasm-chord/dist/index.mjs";

const prompt = "Once upon a time there was";

// tokens are ids and logarithms of probabilities of a greedy text, [id, logprob, best tokens].
async function tokens(model, prompt, maxTokens) {
	const all = [];
	for await (const { id, logprob, top } of model.generate(prompt, { temperature: 0, maxTokens, ignoreEos: true, logprobs: 20 })) {
		all.push({ id, logprob, top: top.map((t) => [t.id, t.logprob]) });
	}
	return all;
}

// both is what a model gives on both.
async function both(source, text = prompt, maxTokens = 4) {
	const values = {};
	for (const backend of ["cpu", "auto"]) {
		const model = await load(source, { backend });
		values[backend === "cpu" ? "cpu" : "gpu"] = await tokens(model, text, maxTokens);
		Object.assign(values, { backend: model.info.backend, reason: model.info.backendReason });
		await model.close();
	}
	return values;
}

// compared are models by their names.
export async function compared(names) {
	const values = {};
	for (const name of names) values[name] = await both(new URL("/models/" + encodeURIComponent(name), location.href));
	values["Q4_0, long"] = await both("demo", "Once upon a time there was a little girl. ".repeat(27), 2);
	return values;
}

// demo is the demo model on both.
export async function demo() {
	return { demo: await both("demo", prompt, 6) };
}

// sessions are what becomes of a session on the GPU.
export async function sessions() {
	const model = await load("demo", { backend: "webgpu" });
	const other = await load("demo");
	const values = { backend: model.info.backend };
	const text = async (session) => {
		let all = "";
		for await (const { text } of session.generate({ temperature: 0, maxTokens: 3 })) all += text;
		return all;
	};
	const session = model.session();
	await session.append(prompt);
	const n = (await session.tokens()).length;
	const fork = await session.fork();
	values.first = await text(session);
	await session.rewind(n);
	values.again = await text(session);
	values.fork = await text(fork);
	const saved = await session.save();
	values.tokens = (await session.tokens()).length - n;
	const restored = await other.restore(saved);
	values.restored = JSON.stringify(await restored.tokens()) === JSON.stringify(await session.tokens());
	values.continued = (await text(restored)) === (await text(session));
	values.embed = await model.embed("a text").catch((err) => err.code);
	await model.close();
	await other.close();
	return values;
}
