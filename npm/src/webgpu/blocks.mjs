// How the blocks of GGUF's types become numbers, in WGSL.

// common reads data, the bytes of a matrix. i is even in all functions but byte.
// half is written out, since f16's small numbers are scales of real files, and devices may
// make them zero.
const common = /* wgsl */ `
@group(0) @binding(0) var<storage, read> data: array<u32>;
var<private> w: array<vec4f, 8>;

fn byte(i: u32) -> u32 { return (data[i >> 2u] >> ((i & 3u) * 8u)) & 255u; }

fn word(i: u32) -> u32 {
	let v = data[i >> 2u];
	if ((i & 2u) == 0u) { return v; }
	return (v >> 16u) | (data[(i >> 2u) + 1u] << 16u);
}

fn half(h: u32) -> f32 {
	let e = (h >> 10u) & 31u;
	let m = h & 1023u;
	let v = select(bitcast<f32>(((e + 112u) << 23u) | (m << 13u)), f32(m) * 0x1p-24f, e == 0u);
	return select(v, -v, (h & 0x8000u) != 0u);
}

fn scale(i: u32) -> f32 { return half((data[i >> 2u] >> ((i & 2u) * 8u)) & 0xffffu); }

fn bytes(v: u32) -> vec4f { return vec4f(vec4u(v, v >> 8u, v >> 16u, v >> 24u) & vec4u(255u)); }

fn signed(v: u32) -> vec4f { return vec4f(bitcast<vec4i>(vec4u(v << 24u, v << 16u, v << 8u, v)) >> vec4u(24u)); }
`;

// unpack sets w to elements 32g to 32g+31 of the row that begins at a byte.
const unpack = {
	F32: `
	for (var i = 0u; i < 8u; i++) {
		let at = (row + g * 128u + i * 16u) >> 2u;
		w[i] = bitcast<vec4f>(vec4u(data[at], data[at + 1u], data[at + 2u], data[at + 3u]));
	}`,
	F16: `
	for (var i = 0u; i < 8u; i++) {
		let a = data[(row + g * 64u + i * 8u) >> 2u];
		let b = data[(row + g * 64u + i * 8u + 4u) >> 2u];
		w[i] = vec4f(half(a & 0xffffu), half(a >> 16u), half(b & 0xffffu), half(b >> 16u));
	}`,
	Q4_0: `
	let at = row + g * 18u;
	let d = scale(at);
	for (var i = 0u; i < 4u; i++) {
		let q = word(at + 2u + 4u * i);
		w[i] = d * (bytes(q & 0x0f0f0f0fu) - 8.0);
		w[i + 4u] = d * (bytes((q >> 4u) & 0x0f0f0f0fu) - 8.0);
	}`,
	Q8_0: `
	let at = row + g * 34u;
	let d = scale(at);
	for (var i = 0u; i < 8u; i++) { w[i] = d * signed(word(at + 2u + 4u * i)); }`,
	Q4_K: `
	let at = row + g / 8u * 144u;
	let j = g % 8u;
	var s = byte(at + 4u + j);
	var m = byte(at + 8u + j);
	if (j < 4u) {
		s &= 63u;
		m &= 63u;
	} else {
		let both = m; // byte 4 + j of the scales
		s = (both & 15u) | ((byte(at + j) >> 6u) << 4u);
		m = (both >> 4u) | ((byte(at + 4u + j) >> 6u) << 4u);
	}
	let d = scale(at) * f32(s);
	let low = scale(at + 2u) * f32(m);
	for (var i = 0u; i < 8u; i++) {
		let q = word(at + 16u + j / 2u * 32u + 4u * i) >> (j % 2u * 4u);
		w[i] = d * bytes(q & 0x0f0f0f0fu) - low;
	}`,
	Q6_K: `
	let at = row + g / 8u * 210u;
	let part = g % 8u / 4u; // of 128 elements
	let k = g % 4u;
	let d = scale(at + 208u);
	for (var i = 0u; i < 8u; i++) {
		let q = (word(at + part * 64u + k % 2u * 32u + 4u * i) >> (k / 2u * 4u)) & 0x0f0f0f0fu;
		let high = (word(at + 128u + part * 32u + 4u * i) >> (k * 2u)) & 0x03030303u;
		let s = signed(byte(at + 192u + part * 8u + k * 2u + i / 4u)).x;
		w[i] = d * s * (bytes(q | (high << 4u)) - 32.0);
	}`,
};

// covered are the types of matrices: elements and bytes of a block.
export const covered = { F32: [1, 4], F16: [1, 2], Q4_0: [32, 18], Q8_0: [32, 34], Q4_K: [256, 144], Q6_K: [256, 210] };

// reading is the WGSL that reads matrices of a type.
export const reading = (type) => `${common}
fn unpack(row: u32, g: u32) {${unpack[type]}
}
`;
