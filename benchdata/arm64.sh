#!/usr/bin/env bash
# Counts the instructions that a weight and token costs, for want of an arm64
# machine to measure time on: chord's arm64 kernels and llama.cpp's repacked NEON
# kernels, run by qemu one instruction at a time, each with 2048 columns.
#
#	benchdata/arm64.sh LLAMA.CPP    # a checkout
#
# Writes benchdata/arm64.txt, rows such as
#
#	BenchmarkInstructions/kernel=gemm/type=Q4_0/tier=dotprod/tokens=12/engine=chord 1 0.1125 instr/weight
#
# Type Integers is the form that blocks of IQ and TQ types are unpacked to;
# llama.cpp has no such form. The amd64 kernels are counted by reading the loop over
# blocks, where every VPDPBUSD or VPMADDUBSW is 32 or 64 products.
#
# Needs qemu-user-static, g++-aarch64-linux-gnu and binutils-aarch64-linux-gnu.
set -euo pipefail
llama=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
trap 'rm -r "$tmp"' EXIT
types='Q4_0 Q8_0 Q4_K Q6_K Integers'
declare -A model=([neon]=cortex-a72 [dotprod]=cortex-a76 [i8mm]=max)

# row KERNEL TYPE TIER TOKENS ENGINE INSTRUCTIONS WEIGHTS
row() {
	awk -v n="$6" -v w="$7" -v name="BenchmarkInstructions/kernel=$1/type=$2/tier=$3/tokens=$4/engine=$5" \
		'BEGIN { printf "%s 1 %.4f instr/weight\n", name, n / w }'
}

# ranges BINARY SYMBOL... prints the addresses of functions, as -dfilter wants them.
ranges() {
	local bin=$1
	shift
	aarch64-linux-gnu-nm -S "$bin" | awk -v names="$*" 'BEGIN { split(names, a); for (i in a) want[a[i]] }
		$4 in want { printf "%s0x%s+0x%s", sep, $1, $2; sep = "," }'
}

# executed TIER RANGES COMMAND... prints how many instructions run in the ranges.
executed() {
	local tier=$1 where=$2
	shift 2
	qemu-aarch64-static -cpu "${model[$tier]}" -singlestep -d nochain,exec -dfilter "$where" -D "$tmp/log" "$@" >/dev/null
	grep -c '^Trace' "$tmp/log"
}

# chord KERNEL TYPE TIER TOKENS prints the row of one of chord's kernels. Go's
# preemption signals are off: an instruction that one interrupts would count twice.
chord() {
	local pkg=github.com/querent-ai/chord/asm name="Gemm$2x$4.abi0" where n
	where=$(ranges "$tmp/simd.test" "$pkg/neon.$name" "$pkg/dotprod.$name" "$pkg/i8mm.$name")
	[ -n "$where" ] || return 0
	n=$(cd simd && GODEBUG=asyncpreemptoff=1 executed "$3" "$where" "$tmp/simd.test" -test.run '^$' -test.benchtime 1x \
		-test.bench "^BenchmarkTile\$/^type=$2\$/^cols=2048\$/^tokens=$4\$/^impl=$3\$")
	row "$1" "$2" "$3" "$4" chord "$n" $((32 * 2048 * $4))
}

# peer KERNEL TYPE TIER TOKENS prints the row of the kernel that llama.cpp chooses.
peer() {
	local length=4 rows=4 partner=8_0 name n
	[ "$2" != Integers ] || return 0
	[ "$3" = i8mm ] && length=8
	case $2 in *_K) rows=8 partner=8_K ;; esac
	name=ggml_$1_${2/Q/q}_${rows}x${length}_q$partner
	n=$(executed "$3" "$(ranges "$tmp/peer.$3" "$name")" "$tmp/peer.$3" "$name" "$4")
	row "$1" "$2" "$3" "$4" llama.cpp "$n" $((32 * 2048 * $4))
}

# amd64 KERNEL TYPE TIER TOKENS prints the row of one of chord's amd64 kernels. Loops
# within the loop over blocks, over halves of the rows and of the columns, run twice;
# it errs unless that gives all the products of a block.
amd64() {
	local file=asm/$3/gemm_${2,,}_amd64.s counts block=256
	[ -f "$file" ] || return 0
	case $2 in *_0) block=32 ;; esac
	counts=$(awk -v fn="·Gemm$2x$4(SB)," '
		/^TEXT/ { on = $2 == fn }
		on && /^[a-z0-9]*:/ {
			label = substr($1, 1, length($1) - 1)
			if (label ~ /^block/) { loop = label; n = dots = 0 }
			n_at[label] = n; dots_at[label] = dots
		}
		on && /^\t[A-Z]/ {
			n++
			if (/VPDPBUSD|VPMADDUBSW/) dots += /Z[0-9]/ ? 64 : 32
			if (/^\tJ/ && $2 == loop) { print n, dots; exit }
			if (/^\tJ/ && $2 in n_at) { n += n - n_at[$2]; dots += dots - dots_at[$2] }
		}' "$file")
	[ -n "$counts" ] || return 0
	[ $((${counts#* } % (16 * block * $4))) = 0 ] || { echo "$file: $counts for $4 tokens" >&2; return 1; }
	row "$1" "$2" "$3" "$4" chord $counts
}

go -C cmd/benchgate build -o "$tmp/benchgate" .
GOARCH=arm64 go test -c -o "$tmp/simd.test" ./simd
cat >"$tmp/peer.cc" <<'END'
#include <cstddef>
#include <cstdlib>
#include <cstring>
typedef void kernel(int n, float *s, size_t bs, const void *w, const void *x, int tokens, int rows);
#define KERNELS(X) \
	X(gemv_q4_0_4x4_q8_0) X(gemv_q4_0_4x8_q8_0) X(gemm_q4_0_4x4_q8_0) X(gemm_q4_0_4x8_q8_0) \
	X(gemv_q8_0_4x4_q8_0) X(gemv_q8_0_4x8_q8_0) X(gemm_q8_0_4x4_q8_0) X(gemm_q8_0_4x8_q8_0) \
	X(gemv_q4_K_8x4_q8_K) X(gemv_q4_K_8x8_q8_K) X(gemm_q4_K_8x4_q8_K) X(gemm_q4_K_8x8_q8_K) \
	X(gemv_q6_K_8x4_q8_K) X(gemv_q6_K_8x8_q8_K) X(gemm_q6_K_8x4_q8_K) X(gemm_q6_K_8x8_q8_K)
#define DECLARE(f) extern "C" kernel ggml_##f;
#define ENTRY(f) {"ggml_" #f, ggml_##f},
KERNELS(DECLARE)
static const struct { const char *name; kernel *run; } kernels[] = {KERNELS(ENTRY)};
int main(int, char **argv) {
	const int cols = 2048, rows = 32, tokens = atoi(argv[2]);
	void *w = calloc(2 * cols, rows), *x = calloc(2 * cols, tokens);
	float *s = (float *)calloc(4 * rows, tokens);
	for (auto &k : kernels)
		if (!strcmp(k.name, argv[1])) k.run(cols, s, rows, w, x, tokens, rows);
}
END
for tier in dotprod i8mm; do
	march=armv8.2-a+fp16+dotprod
	[ $tier = i8mm ] && march=$march+i8mm
	aarch64-linux-gnu-g++ -std=c++17 -O3 -march=$march -static -DNDEBUG -w -Wl,--unresolved-symbols=ignore-all \
		-I"$llama"/ggml/include -I"$llama"/ggml/src -I"$llama"/ggml/src/ggml-cpu \
		"$tmp/peer.cc" "$llama"/ggml/src/ggml-cpu/arch/arm/repack.cpp -o "$tmp/peer.$tier"
done

{
	"$tmp/benchgate" header -machine "none; $(qemu-aarch64-static --version | head -n 1)" \
		-with "llama.cpp $(git -C "$llama" rev-parse --short HEAD), $(aarch64-linux-gnu-g++ --version | head -n 1), -O3" \
		-command 'benchdata/arm64.sh LLAMA.CPP'
	for type in $types; do
		for tier in neon dotprod i8mm; do
			chord gemv "$type" $tier 1
			if [ $tier != neon ]; then peer gemv "$type" $tier 1; fi
		done
		for tier in neon dotprod i8mm; do
			tokens=8
			if [ $tier != neon ] && [ "${type%_0}" != "$type" ]; then tokens=12; fi
			chord gemm "$type" $tier $tokens
			if [ $tier != neon ]; then peer gemm "$type" $tier 16; fi
		done
		for tier in avx2 avxvnni avx512; do
			tokens=4
			[ $tier = avx512 ] && tokens=8
			amd64 gemv "$type" $tier 1
			amd64 gemm "$type" $tier $tokens
		done
	done
} >"$tmp/rows"
cp "$tmp/rows" benchdata/arm64.txt
