import * as kernels from "./kernels.mjs";

// Ops makes what a pass runs: functions of a GPUComputePassEncoder and the number of
// tokens. step is the buffer of the kernels' Step.
export class Ops {
	#gpu;
	#pipelines = new Map(); // by their WGSL
	#none; // in place of a bias

	constructor(gpu) {
		this.#gpu = gpu;
		this.#none = this.buffer(4);
	}

	// buffer is a buffer of n numbers.
	buffer(n, usage = GPUBufferUsage.STORAGE) {
		return this.#gpu.createBuffer({ size: Math.ceil(n) * 4, usage: usage | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST });
	}

	// uniform is a buffer of u32, and of f32 where a value is {f32}.
	uniform(...values) {
		const data = new DataView(new ArrayBuffer(32));
		values.forEach((v, i) => (typeof v === "object" ? data.setFloat32(4 * i, v.f32, true) : data.setUint32(4 * i, v, true)));
		const buffer = this.buffer(8, GPUBufferUsage.UNIFORM);
		this.#gpu.queue.writeBuffer(buffer, 0, data.buffer);
		return buffer;
	}

	// product is dst = W·x + bias, or dst += W·x + bias.
	product(matrix, x, dst, step, { bias, add = false } = {}) {
		const run = matrix.pieces.map(({ buffer, first, rows }) => {
			const m = this.uniform(rows, matrix.cols, matrix.stride, first, matrix.rows, Number(add), Number(bias !== undefined));
			const args = [buffer, m, step, x, dst, bias ?? this.#none];
			const one = this.#op(kernels.product(matrix.type, 1), args);
			const many = this.#op(kernels.product(matrix.type, kernels.productTile), args);
			const groups = Math.ceil(rows / kernels.rowsAtOnce);
			return (pass, n) => (n === 1 ? one(pass, groups, 1) : many(pass, groups, Math.ceil(n / kernels.productTile)));
		});
		return (pass, n) => run.forEach((f) => f(pass, n));
	}

	// embed is dst = the rows of W with the ids.
	embed(matrix, ids, dst, step) {
		const run = matrix.pieces.map(({ buffer, first, rows }) => {
			const m = this.uniform(rows, matrix.cols, matrix.stride, first);
			return this.#op(kernels.embed(matrix.type), [buffer, m, step, ids, dst]);
		});
		return (pass, n) => run.forEach((f) => f(pass, Math.ceil(matrix.cols / 32 / 64), n));
	}

	// norm is dst = RMSNorm(x) of vectors of dim numbers; without an x, of dst itself.
	norm(weights, dim, vectors, eps, dst, x) {
		const op = this.#op(kernels.norm(x === undefined), [this.uniform(dim, vectors, { f32: eps }), weights, dst, ...(x ? [x] : [])]);
		return (pass, n) => op(pass, vectors, n);
	}

	rope({ heads, dim, pairs, halves }, angles, x) {
		const op = this.#op(kernels.rope, [this.uniform(heads, dim, pairs, Number(halves)), angles, x]);
		return (pass, n) => op(pass, Math.ceil((heads * pairs) / 64), n);
	}

	attend({ heads, group, dim, scale }, q, k, v, dst, step) {
		const op = this.#op(kernels.attend, [this.uniform(heads, group, dim, { f32: scale }), step, q, k, v, dst]);
		return (pass, n) => op(pass, heads, n);
	}

	silu(width, gate, up, step) {
		const op = this.#op(kernels.silu, [this.uniform(width), step, gate, up]);
		return (pass, n) => op(pass, Math.ceil(width / 64), n);
	}

	// op is a function that dispatches a kernel with these buffers.
	#op(code, buffers) {
		const gpu = this.#gpu;
		if (!this.#pipelines.has(code)) {
			const module = gpu.createShaderModule({ code });
			this.#pipelines.set(code, gpu.createComputePipeline({ layout: "auto", compute: { module, entryPoint: "main" } }));
		}
		const pipeline = this.#pipelines.get(code);
		const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
		const group = gpu.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
		return (pass, x, y) => {
			pass.setPipeline(pipeline);
			pass.setBindGroup(0, group);
			pass.dispatchWorkgroups(x, y);
		};
	}
}
