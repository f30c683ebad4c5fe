import { maxHead } from "./kernels.mjs";
import { Ops } from "./ops.mjs";
import { uncovered } from "./weights.mjs";

// maxTokens is the most tokens of a step.
export const maxTokens = 32;

// firstPositions is how many positions the cache has at first; it doubles.
const firstPositions = 256;

// A Pass runs a model's layers. Of a layer it keeps keys and values of one sequence.
export class Pass {
	#gpu;
	#plan;
	#ops;
	#weights;
	#layers = [];
	#a; // activations
	#positions = 0;
	#maxBytes;
	#output;
	#embed;

	constructor(gpu, plan, weights, maxBytes) {
		const { dim, heads, kvHeads, headDim, vocab } = plan;
		if (headDim > maxHead) throw uncovered(`heads of ${headDim} elements, at most ${maxHead}`);
		if (plan.ropePairs === 0) throw uncovered("no RoPE");
		if (maxTokens * Math.max(vocab, ...plan.hidden) * 4 > maxBytes) throw uncovered(`the device takes ${maxBytes} bytes at once, the logits have more`);
		this.#gpu = gpu;
		this.#plan = plan;
		this.#weights = weights;
		this.#maxBytes = maxBytes;
		const ops = (this.#ops = new Ops(gpu));
		const rows = (n) => ops.buffer(maxTokens * n);
		const hidden = Math.max(...plan.hidden);
		this.#a = {
			ids: rows(1), angles: rows(2 * plan.ropePairs), x: rows(dim), n: rows(dim), last: rows(dim),
			q: rows(heads * headDim), k: rows(kvHeads * headDim), v: rows(kvHeads * headDim), att: rows(heads * headDim),
			gate: rows(hidden), up: rows(hidden), logits: rows(vocab),
			step: ops.buffer(4, GPUBufferUsage.UNIFORM), outputs: ops.buffer(4, GPUBufferUsage.UNIFORM),
			read: gpu.createBuffer({ size: maxTokens * vocab * 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST }),
		};
		this.#build();
	}

	// build makes all ops but those that depend on the cache's size.
	#build() {
		const { dim, vocab, eps, layers } = this.#plan;
		const { ids, x, n, last, logits, step, outputs } = this.#a;
		const ops = this.#ops;
		const w = this.#weights;
		const embedding = w.matrix("token_embd.weight", vocab, dim);
		this.#embed = ops.embed(embedding, ids, x, step);
		for (let i = 0; i < layers; i++) this.#layers.push(this.#layer(i));
		const head = w.has("output.weight") ? w.matrix("output.weight", vocab, dim) : embedding;
		const norm = ops.norm(w.vector("output_norm.weight", dim), dim, 1, eps, n, last);
		const product = ops.product(head, n, logits, outputs);
		this.#output = (pass, tokens) => (norm(pass, tokens), product(pass, tokens));
		w.refuseUnused();
	}

	// layer is what layer i does before the keys and values are stored, and after it.
	#layer(i) {
		const { dim, heads, kvHeads, headDim, eps, ropePairs: pairs, ropeHalves: halves } = this.#plan;
		const hidden = this.#plan.hidden[i];
		const { x, n, q, k, v, att, gate, up, angles, step } = this.#a;
		const ops = this.#ops;
		const w = this.#weights;
		const name = (of) => `blk.${i}.${of}`;
		const linear = (of, rows, cols, from, to, add) => {
			const bias = w.has(name(`${of}.bias`)) ? w.vector(name(`${of}.bias`), rows) : undefined;
			return ops.product(w.matrix(name(`${of}.weight`), rows, cols), from, to, step, { bias, add });
		};
		const headNorm = (of, count, to) => (w.has(name(`${of}.weight`)) ? [ops.norm(w.vector(name(`${of}.weight`), headDim), headDim, count, eps, to)] : []);
		const before = [
			ops.norm(w.vector(name("attn_norm.weight"), dim), dim, 1, eps, n, x),
			linear("attn_q", heads * headDim, dim, n, q),
			linear("attn_k", kvHeads * headDim, dim, n, k),
			linear("attn_v", kvHeads * headDim, dim, n, v),
			...headNorm("attn_q_norm", heads, q),
			...headNorm("attn_k_norm", kvHeads, k),
			ops.rope({ heads, dim: headDim, pairs, halves }, angles, q),
			ops.rope({ heads: kvHeads, dim: headDim, pairs, halves }, angles, k),
		];
		const after = [
			linear("attn_output", dim, heads * headDim, att, x, true),
			ops.norm(w.vector(name("ffn_norm.weight"), dim), dim, 1, eps, n, x),
			linear("ffn_gate", hidden, dim, n, gate),
			linear("ffn_up", hidden, dim, n, up),
			ops.silu(hidden, gate, up, step),
			linear("ffn_down", dim, hidden, gate, x, true),
		];
		return { before, after };
	}

	// reserve makes room for positions in the cache.
	#reserve(positions) {
		if (positions <= this.#positions) return;
		const { heads, kvHeads, headDim, attnScale: scale, context } = this.#plan;
		const size = Math.min(Math.max(firstPositions, 2 ** Math.ceil(Math.log2(positions))), Math.max(positions, context));
		const width = kvHeads * headDim;
		if (size * width * 4 > this.#maxBytes) throw uncovered(`${size} positions of a layer are more than the device takes at once`);
		const { q, att, step } = this.#a;
		const encoder = this.#gpu.createCommandEncoder();
		const old = [];
		for (const layer of this.#layers) {
			const cache = [0, 1].map(() => this.#ops.buffer(size * width));
			layer.cache?.forEach((from, i) => encoder.copyBufferToBuffer(from, 0, cache[i], 0, this.#positions * width * 4));
			old.push(...(layer.cache ?? []));
			layer.cache = cache;
			layer.attend = this.#ops.attend({ heads, group: heads / kvHeads, dim: headDim, scale }, q, ...cache, att, step);
		}
		this.#gpu.queue.submit([encoder.finish()]);
		for (const buffer of old) buffer.destroy();
		this.#positions = size;
	}

	// run computes ids, at most maxTokens, from a position on, after which the cache has no
	// positions, and gives the logits of those whose numbers are outputs.
	async run(ids, from, outputs) {
		const n = ids.length;
		const { dim, vocab, kvHeads, headDim } = this.#plan;
		const a = this.#a;
		this.#reserve(from + n);
		const { queue } = this.#gpu;
		queue.writeBuffer(a.ids, 0, Uint32Array.from(ids));
		queue.writeBuffer(a.angles, 0, this.#angles(from, n));
		queue.writeBuffer(a.step, 0, Uint32Array.of(n, from));
		queue.writeBuffer(a.outputs, 0, Uint32Array.of(outputs.length, 0));
		const encoder = this.#gpu.createCommandEncoder();
		const compute = (ops, count) => {
			const pass = encoder.beginComputePass();
			for (const op of ops) op(pass, count);
			pass.end();
		};
		const row = kvHeads * headDim * 4;
		let rest = [this.#embed];
		for (const { before, after, attend, cache } of this.#layers) {
			compute([...rest, ...before], n);
			encoder.copyBufferToBuffer(a.k, 0, cache[0], from * row, n * row);
			encoder.copyBufferToBuffer(a.v, 0, cache[1], from * row, n * row);
			rest = [attend, ...after];
		}
		compute(rest, n);
		outputs.forEach((of, i) => encoder.copyBufferToBuffer(a.x, of * dim * 4, a.last, i * dim * 4, dim * 4));
		const bytes = outputs.length * vocab * 4;
		if (bytes > 0) {
			compute([this.#output], outputs.length);
			encoder.copyBufferToBuffer(a.logits, 0, a.read, 0, bytes);
		}
		queue.submit([encoder.finish()]);
		if (bytes === 0) return new Float32Array(0);
		await a.read.mapAsync(GPUMapMode.READ, 0, bytes);
		const logits = new Float32Array(a.read.getMappedRange(0, bytes).slice(0));
		a.read.unmap();
		return logits;
	}

	// angles are the cosines and sines of n positions.
	#angles(from, n) {
		const { ropeFreqs, ropeScale } = this.#plan;
		const angles = new Float32Array(n * ropeFreqs.length * 2);
		for (let t = 0, i = 0; t < n; t++) {
			for (const f of ropeFreqs) {
				angles[i++] = Math.cos((from + t) * f) * ropeScale;
				angles[i++] = Math.sin((from + t) * f) * ropeScale;
			}
		}
		return angles;
	}
}
