import { ChordError } from "./error.mjs";
import { hasFar, maxBytes } from "./limits.mjs";

const block = 4 << 20;

// Blocks are bytes in blocks, so that none needs as much memory in one piece.
export class Blocks {
	#blocks = [];
	size = 0;

	// push appends bytes.
	push(bytes) {
		if (this.size + bytes.length > maxBytes) throw tooLarge(this.size + bytes.length);
		for (let from = 0; from < bytes.length; ) {
			const at = this.size % block;
			if (at === 0) this.#blocks.push(new Uint8Array(block));
			const some = bytes.subarray(from, from + block - at);
			this.#blocks.at(-1).set(some, at);
			from += some.length;
			this.size += some.length;
		}
	}

	// stream is a stream of them.
	stream() {
		let i = 0;
		return new ReadableStream({
			pull: (c) => {
				const left = this.size - i * block;
				if (left <= 0) return c.close();
				c.enqueue(this.#blocks[i++].slice(0, left));
			},
		});
	}

	// read sets to, which ends within the size, to the bytes from at on.
	read(to, at) {
		for (let done = 0; done < to.length; ) {
			const from = (at + done) % block;
			const some = this.#blocks[Math.floor((at + done) / block)].subarray(from, from + to.length - done);
			to.set(some, done);
			done += some.length;
		}
	}
}

// chunksOf are the chunks of a stream, which take is called with as {bytes}, the last
// time as {end}: it is called now.
export function chunksOf(take) {
	const queue = [];
	let wake = () => {};
	take((message) => (queue.push(message), wake()));
	return async function* () {
		for (;;) {
			while (queue.length > 0) {
				const { bytes, end } = queue.shift();
				if (end) return;
				yield bytes;
			}
			await new Promise((resolve) => (wake = resolve));
		}
	};
}

// progressOf tells step of the bytes of source i of n: of all sources' together.
export function progressOf(n, i, step) {
	step.parts ??= Array.from({ length: n }, () => ({ loaded: 0, total: undefined }));
	return (loaded, total) => {
		step.parts[i] = { loaded, total };
		const sum = (name) => step.parts.reduce((sum, part) => sum + part[name], 0);
		step({ loaded: sum("loaded"), total: sum("total") || undefined, stage: "download" });
	};
}

// tooLarge is the error of a model that does not fit.
export const tooLarge = (size) =>
	new ChordError(`chord: a file of ${size} bytes, at most ${maxBytes} fit${hasFar ? "" : " without a memory with addresses of 64 bits (memory64), which threads share"}`, "memory");

// fetched is what url has; progress is told of bytes and, where it is known, their
// number.
export async function fetched(url, progress) {
	const blocks = new Blocks();
	try {
		const response = await fetch(url);
		if (!response.ok) throw new ChordError(`chord: ${url}: status ${response.status}`, "source");
		const total = response.headers.has("content-encoding") ? 0 : Number(response.headers.get("content-length"));
		if (total > maxBytes) {
			response.body.cancel().catch(() => {});
			throw tooLarge(total);
		}
		for (let reader = response.body.getReader(); ; ) {
			const { done, value } = await reader.read();
			if (done) break;
			blocks.push(value);
			progress(blocks.size, total || undefined);
		}
	} catch (err) {
		if (err instanceof ChordError) throw err;
		throw new ChordError(`chord: ${url}: ${err.cause?.message ?? err.message}`, "source", { cause: err });
	}
	return blocks;
}
