// Sums of what is kept: SHA-256 of all bytes, and a checksum of each block, which is
// compared whenever the block is read.

// blockSize is the bytes of a block.
export const blockSize = 4 << 20;

const primes = (n) => {
	const all = [];
	for (let i = 2; all.length < n; i++) if (all.every((p) => i % p)) all.push(i);
	return all;
};
const fraction = (x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
const roundConstants = Int32Array.from(primes(64), (p) => fraction(Math.cbrt(p)));
const initial = Int32Array.from(primes(8), (p) => fraction(Math.sqrt(p)));

// A SHA256 hashes bytes as they come.
export class SHA256 {
	#state = initial.slice();
	#words = new Int32Array(64);
	#rest = new Uint8Array(64);
	#size = 0;

	update(bytes) {
		let at = 0;
		const had = this.#size % 64;
		this.#size += bytes.length;
		if (had > 0) {
			at = Math.min(64 - had, bytes.length);
			this.#rest.set(bytes.subarray(0, at), had);
			if (had + at < 64) return;
			block(this.#state, this.#words, this.#rest, 0);
		}
		for (; at + 64 <= bytes.length; at += 64) block(this.#state, this.#words, bytes, at);
		this.#rest.set(bytes.subarray(at));
	}

	// hex is the hash of all; nothing may be added after it.
	hex() {
		const bits = this.#size * 8;
		const end = new Uint8Array(this.#size % 64 < 56 ? 64 - (this.#size % 64) : 128 - (this.#size % 64));
		end[0] = 128;
		const view = new DataView(end.buffer);
		view.setUint32(end.length - 8, Math.floor(bits / 2 ** 32));
		view.setUint32(end.length - 4, bits >>> 0);
		this.update(end);
		return Array.from(this.#state, (x) => (x >>> 0).toString(16).padStart(8, "0")).join("");
	}
}

// block adds the 64 bytes from at on to a state; w has room for 64 words.
function block(s, w, bytes, at) {
	for (let i = 0; i < 16; i++, at += 4) w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
	for (let i = 16; i < 64; i++) {
		const x = w[i - 15];
		const y = w[i - 2];
		const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
		const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
		w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
	}
	let a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
	for (let i = 0; i < 64; i++) {
		const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
		const t = (h + s1 + ((e & f) ^ (~e & g)) + roundConstants[i] + w[i]) | 0;
		const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
		const u = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
		h = g;
		g = f;
		f = e;
		e = (d + t) | 0;
		d = c;
		c = b;
		b = a;
		a = (t + u) | 0;
	}
	s[0] += a, s[1] += b, s[2] += c, s[3] += d, s[4] += e, s[5] += f, s[6] += g, s[7] += h;
}

// checksum is a number of 32 bits for bytes, which begin at a multiple of four in their
// memory. It finds damage, not malice.
export function checksum(bytes) {
	const n = bytes.length >> 2;
	const words = new Int32Array(bytes.buffer, bytes.byteOffset, n);
	let a = 1, b = 2, c = 3, d = 4;
	const mix = (h, w) => {
		const x = Math.imul(h ^ w, 0x9e3779b1);
		return (x << 13) | (x >>> 19);
	};
	let i = 0;
	for (; i + 4 <= n; i += 4) {
		a = mix(a, words[i]);
		b = mix(b, words[i + 1]);
		c = mix(c, words[i + 2]);
		d = mix(d, words[i + 3]);
	}
	for (; i < n; i++) a = mix(a, words[i]);
	for (let at = n * 4; at < bytes.length; at++) b = mix(b, bytes[at]);
	return mix(mix(mix(mix(a, b), c), d), bytes.length);
}

// Sums are the sums of bytes as they come.
export class Sums {
	#hash = new SHA256();
	#block = new Uint8Array(blockSize);
	#size = 0;
	#blocks = [];

	update(bytes) {
		this.#hash.update(bytes);
		for (let from = 0; from < bytes.length; ) {
			const at = this.#size % blockSize;
			const some = bytes.subarray(from, from + blockSize - at);
			this.#block.set(some, at);
			from += some.length;
			this.#size += some.length;
			if (this.#size % blockSize === 0) this.#blocks.push(checksum(this.#block));
		}
	}

	// end is {sha256, blocks}.
	end() {
		const rest = this.#size % blockSize;
		if (rest > 0) this.#blocks.push(checksum(this.#block.subarray(0, rest)));
		return { sha256: this.#hash.hex(), blocks: this.#blocks };
	}
}

// verified is a file that compares each block that is read with its checksum. damaged is
// called, and an error thrown, where they differ.
export function verified(file, blocks, damaged) {
	const buffers = [0, 1].map(() => ({ number: -1, bytes: new Uint8Array(Math.min(blockSize, file.size)) }));
	const blockOf = (number) => {
		const had = buffers.find((b) => b.number === number);
		if (had) return had;
		buffers.reverse(); // the one that was filled first
		const b = buffers[0];
		const size = Math.min(blockSize, file.size - number * blockSize);
		b.number = -1;
		const bytes = b.bytes.subarray(0, size);
		try {
			file.read(bytes, number * blockSize);
		} catch (err) {
			damaged();
			throw err;
		}
		if (checksum(bytes) !== blocks[number]) {
			damaged();
			throw new Error(`the cache's bytes from ${number * blockSize} on are damaged`);
		}
		b.number = number;
		return b;
	};
	const read = (to, at) => {
		for (let done = 0; done < to.length; ) {
			const number = Math.floor((at + done) / blockSize);
			const from = at + done - number * blockSize;
			const some = blockOf(number).bytes.subarray(from, from + to.length - done);
			to.set(some, done);
			done += some.length;
		}
	};
	return { size: file.size, read };
}
