// The kernels of a forward pass, in WGSL. Numbers are f32; activations are row-major, a row
// for each token of the step.
import { reading } from "./blocks.mjs";

const step = /* wgsl */ `
struct Step { tokens: u32, start: u32 } // how many, and the position of the first
`;

// lanes share a row of a matrix, rowsAtOnce rows a workgroup.
const lanes = 16;
export const rowsAtOnce = 4;

// productTile is how many tokens share what is read of a matrix.
export const productTile = 8;

// product sets dst to W·x + bias, or adds it to dst, for every token; tile tokens at once.
export const product = (type, tile) => `${step}${reading(type)}
struct Matrix { rows: u32, cols: u32, stride: u32, first: u32, width: u32, add: u32, bias: u32 }
@group(0) @binding(1) var<uniform> m: Matrix;
@group(0) @binding(2) var<uniform> step: Step;
@group(0) @binding(3) var<storage, read> x: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dst: array<f32>;
@group(0) @binding(5) var<storage, read> bias: array<f32>;

var<workgroup> sums: array<f32, ${lanes * rowsAtOnce * tile}>;

@compute @workgroup_size(${lanes}, ${rowsAtOnce})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
	let row = group.x * ${rowsAtOnce}u + local.y;
	let token = group.y * ${tile}u;
	var sum: array<f32, ${tile}>;
	if (row < m.rows) {
		for (var g = local.x; g < m.cols / 32u; g += ${lanes}u) {
			unpack(row * m.stride, g);
			for (var t = 0u; t < ${tile}u; t++) {
				let at = (token + t) * (m.cols / 4u) + g * 8u;
				for (var i = 0u; i < 8u; i++) { sum[t] += dot(w[i], x[at + i]); }
			}
		}
	}
	let base = local.y * ${lanes * tile}u;
	for (var t = 0u; t < ${tile}u; t++) { sums[base + t * ${lanes}u + local.x] = sum[t]; }
	workgroupBarrier();
	let t = local.x;
	if (row >= m.rows || t >= ${tile}u || token + t >= step.tokens) { return; }
	var y = 0.0;
	for (var i = 0u; i < ${lanes}u; i++) { y += sums[base + t * ${lanes}u + i]; }
	let at = (token + t) * m.width + m.first + row;
	if (m.bias != 0u) { y += bias[m.first + row]; }
	if (m.add != 0u) { y += dst[at]; }
	dst[at] = y;
}
`;

// embed sets rows of dst to those of the tokens' ids, as far as the piece of the matrix has
// them.
export const embed = (type) => `${step}${reading(type)}
struct Matrix { rows: u32, cols: u32, stride: u32, first: u32 }
@group(0) @binding(1) var<uniform> m: Matrix;
@group(0) @binding(2) var<uniform> step: Step;
@group(0) @binding(3) var<storage, read> ids: array<u32>;
@group(0) @binding(4) var<storage, read_write> dst: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
	let token = id.y;
	if (id.x >= m.cols / 32u || token >= step.tokens || ids[token] < m.first || ids[token] - m.first >= m.rows) { return; }
	unpack((ids[token] - m.first) * m.stride, id.x);
	for (var i = 0u; i < 8u; i++) { dst[token * (m.cols / 4u) + id.x * 8u + i] = w[i]; }
}
`;

// norm sets dst to x / √mean(x²) · weights, for vectors of dim elements; in place, x is dst.
export const norm = (inPlace) => `
struct Norm { dim: u32, vectors: u32, eps: f32 } // vectors of a token
@group(0) @binding(0) var<uniform> n: Norm;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read_write> dst: array<f32>;
${inPlace ? "" : "@group(0) @binding(3) var<storage, read> x: array<f32>;"}

var<workgroup> squares: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
	let at = (group.y * n.vectors + group.x) * n.dim;
	var sum = 0.0;
	for (var i = local.x; i < n.dim; i += 64u) { sum += ${inPlace ? "dst" : "x"}[at + i] * ${inPlace ? "dst" : "x"}[at + i]; }
	squares[local.x] = sum;
	workgroupBarrier();
	var all = 0.0;
	for (var i = 0u; i < 64u; i++) { all += squares[i]; }
	let f = 1.0 / sqrt(all / f32(n.dim) + n.eps);
	for (var i = local.x; i < n.dim; i += 64u) { dst[at + i] = ${inPlace ? "dst" : "x"}[at + i] * f * weights[i]; }
}
`;

// rope rotates pairs of the first elements of heads: 2i and 2i+1, or i and i+half. angles are
// a cosine and a sine for each token and pair.
export const rope = `
struct Rope { heads: u32, dim: u32, half: u32, halves: u32 }
@group(0) @binding(0) var<uniform> r: Rope;
@group(0) @binding(1) var<storage, read> angles: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> x: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
	let head = id.x / r.half;
	let pair = id.x % r.half;
	if (head >= r.heads) { return; }
	let at = (id.y * r.heads + head) * r.dim;
	let i = at + select(2u * pair, pair, r.halves != 0u);
	let j = select(i + 1u, i + r.half, r.halves != 0u);
	let a = angles[id.y * r.half + pair];
	let u = x[i];
	let v = x[j];
	x[i] = u * a.x - v * a.y;
	x[j] = u * a.y + v * a.x;
}
`;

// maxHead is the most elements of a head.
export const maxHead = 256;

// attend sets dst to softmax(q·kᵀ)·v of a head for each token: 64 positions at once, with the
// largest score so far and the sum of exponentials carried along.
export const attend = `${step}
struct Attention { heads: u32, group: u32, dim: u32, scale: f32 } // group: heads that share a key
@group(0) @binding(0) var<uniform> a: Attention;
@group(0) @binding(1) var<uniform> step: Step;
@group(0) @binding(2) var<storage, read> q: array<f32>;
@group(0) @binding(3) var<storage, read> k: array<f32>;
@group(0) @binding(4) var<storage, read> v: array<f32>;
@group(0) @binding(5) var<storage, read_write> dst: array<f32>;

var<workgroup> query: array<f32, ${maxHead}>;
var<workgroup> scores: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
	let lane = local.x;
	let row = (group.y * a.heads + group.x) * a.dim;
	let width = a.heads / a.group * a.dim;
	let first = group.x / a.group * a.dim;
	let end = step.start + group.y + 1u;
	for (var i = lane; i < a.dim; i += 64u) { query[i] = q[row + i] * a.scale; }
	workgroupBarrier();
	var sum: array<f32, ${maxHead / 64}>;
	var top = -1e30;
	var total = 0.0;
	for (var base = 0u; base < end; base += 64u) {
		let n = min(64u, end - base);
		var score = -1e30;
		if (lane < n) {
			score = 0.0;
			let at = (base + lane) * width + first;
			for (var i = 0u; i < a.dim; i++) { score += query[i] * k[at + i]; }
		}
		scores[lane] = score;
		workgroupBarrier();
		var peak = top;
		for (var i = 0u; i < n; i++) { peak = max(peak, scores[i]); }
		workgroupBarrier();
		scores[lane] = select(0.0, exp(score - peak), lane < n);
		workgroupBarrier();
		let shrink = exp(top - peak);
		total *= shrink;
		for (var i = 0u; i < n; i++) { total += scores[i]; }
		for (var d = 0u; d < ${maxHead / 64}u; d++) {
			let at = lane + 64u * d;
			if (at < a.dim) {
				sum[d] *= shrink;
				for (var i = 0u; i < n; i++) { sum[d] += scores[i] * v[(base + i) * width + first + at]; }
			}
		}
		top = peak;
		workgroupBarrier();
	}
	for (var d = 0u; d < ${maxHead / 64}u; d++) {
		let at = lane + 64u * d;
		if (at < a.dim) { dst[row + at] = sum[d] / total; }
	}
}
`;

// silu sets gate to gate/(1+exp(-gate)) · up.
export const silu = `${step}
@group(0) @binding(0) var<uniform> width: vec4u; // of a row
@group(0) @binding(1) var<uniform> step: Step;
@group(0) @binding(2) var<storage, read_write> gate: array<f32>;
@group(0) @binding(3) var<storage, read> up: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
	if (id.x >= width.x || id.y >= step.tokens) { return; }
	let i = id.y * width.x + id.x;
	gate[i] = gate[i] / (1.0 + exp(-gate[i])) * up[i];
}
`;
