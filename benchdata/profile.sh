#!/usr/bin/env bash
# Records where the CPU's time goes while a model reads and generates, part by part.
#
#	benchdata/profile.sh MODEL NAME TYPE    # a packed file, its shape and its type
#
# Writes benchdata/profile.txt, rows such as
#
#	BenchmarkProfile/model=llama-3.2-1b/type=Q4_0/test=pp512/threads=1/part=products 1 82.5 %
#
# and renders docs/benchmarks.md from them.
set -euo pipefail
cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
trap 'rm -r "$tmp"' EXIT
go build -o "$tmp/chord" ./cmd/chord
go -C cmd/benchgate build -o "$tmp/benchgate" .

# parts sums the samples of functions by part; what waits for others is "waits".
parts() {
	go tool pprof -top -nodecount 100000 -nodefraction 0 -edgefraction 0 "$1" 2>/dev/null | awk -v name="$2" '
		/flat%/ { on = 1; next }
		!on { next }
		{
			fn = $6; share = $2 + 0; part = "other"
			if (fn ~ /asm\/[a-z0-9]*\.Gemm(F16|F32)x|Sums|Softmax|simd\.\(\*Attention\)|attendJob|KV/) part = "attention"
			else if (fn ~ /asm\/[a-z0-9]*\.Gemm|mulJob/) part = "products"
			else if (fn ~ /Quantize/) part = "quantisation"
			else if (fn ~ /asm\//) part = "element-wise"
			else if (fn ~ /internal\/par\.|time\.|runtime\.(findRunnable|lock2|gosched|schedule|casgstatus|futex|procyield|osyield|execute|mcall)/) part = "waits"
			sum[part] += share
		}
		END {
			split("products attention quantisation element-wise waits other", order)
			for (i = 1; i <= 6; i++) printf "BenchmarkProfile/%s/part=%s 1 %.1f %%\n", name, order[i], sum[order[i]]
		}'
}

"$tmp/benchgate" header -command "benchdata/profile.sh MODEL $2 $3" >"$tmp/profile.txt"
for threads in 1 2; do
	for test in tg64 pp512 pp2048; do
		case $test in
		tg*) args="-p 0 -n ${test#tg}" ;;
		*) args="-n 0 -p ${test#pp}" ;;
		esac
		"$tmp/chord" bench -m "$1" $args -t $threads -r 3 --cpuprofile "$tmp/prof" >/dev/null
		parts "$tmp/prof" "model=$2/type=$3/test=$test/threads=$threads" >>"$tmp/profile.txt"
	done
done
cp "$tmp/profile.txt" benchdata/profile.txt
"$tmp/benchgate" render
