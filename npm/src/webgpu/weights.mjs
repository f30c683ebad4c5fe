import { ChordError } from "../error.mjs";
import { covered } from "./blocks.mjs";
import { rowsAtOnce } from "./kernels.mjs";

// uncovered is the error of a model that is for the CPU.
export const uncovered = (message) => new ChordError(`chord: webgpu: ${message}`, "unsupported");

// Weights are a model's tensors on a device, matrices in pieces of whole rows.
export class Weights {
	#gpu;
	#tensors = new Map();
	#used = new Set();

	constructor(gpu, tensors, maxBytes) {
		this.#gpu = gpu;
		for (const t of tensors) this.#tensors.set(t.name, tensorOf(gpu, t, maxBytes));
	}

	has(name) {
		return this.#tensors.has(name);
	}

	// matrix is a tensor of rows rows of cols elements: {type, cols, stride, pieces}, a piece
	// being {buffer, first, rows}.
	matrix(name, rows, cols) {
		const t = this.#tensors.get(name);
		if (!t) throw uncovered(`there is no tensor ${name}`);
		if (t.cols !== cols || t.rows !== rows) throw uncovered(`tensor ${name}: ${t.rows} rows of ${t.cols}, want ${rows} of ${cols}`);
		if (cols % 32 !== 0) throw uncovered(`tensor ${name}: rows of ${cols} elements, which 32 does not divide`);
		this.#used.add(name);
		return t;
	}

	// vector is the buffer of a tensor of n f32.
	vector(name, n) {
		const t = this.#tensors.get(name);
		if (!t) throw uncovered(`there is no tensor ${name}`);
		if (t.type !== "F32" || t.cols !== n || t.rows !== 1) throw uncovered(`tensor ${name}: no ${n} numbers of type F32`);
		this.#used.add(name);
		return t.pieces[0].buffer;
	}

	// refuseUnused refuses a model that has more than has been asked for.
	refuseUnused() {
		for (const name of this.#tensors.keys()) if (!this.#used.has(name)) throw uncovered(`tensor ${name} is not used`);
	}

	// write takes the bytes of a tensor from at on, a multiple of four.
	write(name, at, bytes) {
		const t = this.#tensors.get(name);
		const padded = new Uint8Array((bytes.length + 3) & ~3);
		padded.set(bytes);
		for (const { buffer, first, rows } of t.pieces) {
			const begin = Math.max(at, first * t.stride);
			const end = Math.min(at + padded.length, Math.ceil(((first + rows) * t.stride) / 4) * 4);
			if (begin < end) this.#gpu.queue.writeBuffer(buffer, begin - first * t.stride, padded, begin - at, end - begin);
		}
	}

	close() {
		for (const { pieces } of this.#tensors.values()) for (const { buffer } of pieces) buffer.destroy();
	}
}

// pieceRows is what the rows of all pieces but the last are a multiple of, so that they
// begin at a multiple of four bytes.
const pieceRows = 4 * rowsAtOnce;

// tensorOf is a tensor with its buffers, of at most maxBytes each.
function tensorOf(gpu, { name, type, shape }, maxBytes) {
	if (!Object.hasOwn(covered, type)) throw uncovered(`tensor ${name}: type ${type}`);
	const [elements, bytes] = covered[type];
	const [cols, rows = 1, ...more] = shape;
	if (more.some((n) => n !== 1)) throw uncovered(`tensor ${name}: it is no matrix`);
	const stride = (cols / elements) * bytes;
	const most = Math.floor(Math.min(maxBytes / stride, gpu.limits.maxComputeWorkgroupsPerDimension * rowsAtOnce) / pieceRows) * pieceRows;
	if (most === 0 && rows * stride > maxBytes) throw uncovered(`tensor ${name}: the device takes ${maxBytes} bytes at once, a few rows have more`);
	const pieces = [];
	for (let first = 0; first < rows; first += most || rows) {
		const n = Math.min(most || rows, rows - first);
		const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
		pieces.push({ buffer: gpu.createBuffer({ label: name, size: Math.ceil((n * stride) / 4) * 4, usage }), first, rows: n });
	}
	return { type, cols, rows, stride, pieces };
}
