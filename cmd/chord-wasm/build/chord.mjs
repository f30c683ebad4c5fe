// Starts a program that chord-wasm/build has linked, beside the kernels: in a
// browser's worker, in Node, in one thread or several.

// memoryOf makes the memory that a program wants, or one that is not shared.
function memoryOf(program, shared) {
	const [section] = WebAssembly.Module.customSections(program, "chord.memory");
	if (section === undefined) throw new Error("chord: a program that chord-wasm/build has not linked");
	const how = JSON.parse(new TextDecoder().decode(section));
	if (!shared) delete how.shared;
	return new WebAssembly.Memory(how);
}

// farPages is the most pages of 64 KiB of the memory of weights, 16 GiB.
const farPages = 1n << 18n;

// weightsOf makes the memory of weights that kernels of the variant far import, whose addresses
// have 64 bits. Others have none.
function weightsOf(kernels) {
	if (!WebAssembly.Module.imports(kernels).some(({ name }) => name === "weights")) return undefined;
	return new WebAssembly.Memory({ address: "i64", initial: 1n, maximum: farPages, shared: true });
}

// most is how many threads the kernels have memory for.
const most = 64;

// start instantiates the kernels, then the program, and returns its instance and
// the kernels' functions.
// newWorker(i, kernels, memory, weights) starts worker i, which calls work, and resolves once
// it has begun; it is called threads - 1 times. A memory that is not shared has one
// thread; without being told, it is shared if the kernels are those for several.
export async function start(go, program, kernels, threads, newWorker, shared = WebAssembly.Module.exports(kernels).some(({ name }) => name === "Work")) {
	const memory = memoryOf(program, shared);
	const weights = weightsOf(kernels);
	const { exports } = await WebAssembly.instantiate(kernels, { chord: { memory, weights } });
	if (shared) {
		const workers = [];
		for (let i = 0; i + 1 < Math.min(threads, most); i++) workers.push(newWorker(i, kernels, memory, weights));
		await Promise.all(workers);
	}
	const imports = { ...go.importObject, chord: { memory, ...exports } };
	return { instance: await WebAssembly.instantiate(program, imports), kernels: exports };
}

// work is what worker i does until it is terminated.
export function work(i, kernels, memory, weights) {
	new WebAssembly.Instance(kernels, { chord: { memory, weights } }).exports.Work(i);
}
