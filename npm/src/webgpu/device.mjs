import { ChordError } from "../error.mjs";
import { maxTokens, Pass } from "./pass.mjs";
import { uncovered, Weights } from "./weights.mjs";

// newDevice is this browser's device, or an error that says why there is none. onFailed is
// called with an error when it fails later on. Its buffers have at most maxBytes.
export async function newDevice(onFailed, maxBytes = Infinity) {
	const adapter = await globalThis.navigator?.gpu?.requestAdapter({ powerPreference: "high-performance" });
	if (!adapter) throw uncovered(globalThis.navigator?.gpu ? "there is no adapter" : "this browser or runtime does not have it");
	const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
	const gpu = await adapter.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } });
	return new Device(gpu, onFailed, Math.min(maxBufferSize, maxStorageBufferBindingSize, maxBytes));
}

// A Device computes the passes of one model, as the engine's program wants it: begin with the
// plan, write for the bytes of tensors, ready, and then forward.
class Device {
	maxTokens = maxTokens;
	failed; // the error after which it is of no use
	#gpu;
	#onFailed;
	#maxBytes;
	#weights;
	#pass;
	#ready = false;

	constructor(gpu, onFailed, maxBytes) {
		this.#gpu = gpu;
		this.#onFailed = onFailed;
		this.#maxBytes = maxBytes;
		gpu.lost.then(({ message }) => this.#fail(`the device is lost: ${message}`));
		gpu.onuncapturederror = ({ error }) => this.#fail(error.message);
	}

	// begin makes buffers and kernels for a model; plan is JSON. It throws if the model is
	// not one for the device.
	async begin(plan) {
		const { tensors, ...of } = JSON.parse(plan);
		this.#gpu.pushErrorScope("out-of-memory");
		this.#gpu.pushErrorScope("validation");
		try {
			this.#weights = new Weights(this.#gpu, tensors, this.#maxBytes);
			this.#pass = new Pass(this.#gpu, of, this.#weights, this.#maxBytes);
		} finally {
			for (const error of [await this.#gpu.popErrorScope(), await this.#gpu.popErrorScope()]) {
				if (error) this.#fail(error.message);
			}
		}
		this.#check();
	}

	write(name, at, bytes) {
		this.#weights.write(name, at, bytes);
	}

	// ready resolves once all is written.
	async ready() {
		await this.#gpu.queue.onSubmittedWorkDone();
		this.#check();
		this.#ready = true;
	}

	// forward computes ids, an Int32Array of at most maxTokens, from a position on, and
	// resolves to the logits of those from the number first on.
	async forward(ids, from, first) {
		this.#check();
		const outputs = [...ids.keys()].filter((i) => i >= first);
		const logits = await this.#pass.run(ids, from, outputs).catch((err) => {
			this.#fail(err.message);
			throw this.failed;
		});
		this.#check();
		return logits;
	}

	close() {
		this.failed ??= new ChordError("chord: webgpu: the device is closed", "closed");
		this.#gpu.destroy();
	}

	#fail(message) {
		if (this.failed) return;
		this.failed = uncovered(message);
		if (this.#ready) this.#onFailed(this.failed);
	}

	#check() {
		if (this.failed) throw this.failed;
	}
}
