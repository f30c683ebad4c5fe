#!/usr/bin/env bash
# Records the rows of kernels and gates: each benchmark in turn with its limit,
# all of them COUNT times. Before each time it waits for a second in which the
# machine is idle.
#
#	benchdata/record.sh [COUNT [kernels|gates]]    # default: 5 times, both
#
# Writes benchdata/kernels.txt and gates.txt and renders the tables and charts
# from them. Rows of models are Go benchmark lines as well, in
# benchdata/models.txt:
#
#	BenchmarkModel/model=tinyllama-1.1b/type=Q4_0/test=pp512/threads=2/engine=chord 1 300.1 tok/s
#
# where engine is chord, the name of a peer, or limit, which is what the
# machine's memory or multiplier would allow. "benchgate rows" writes them, and
# "benchgate header" the three lines that every file of rows begins with.
set -euo pipefail
cd "$(dirname "$0")/.."

count=${1:-5}
what=${2:-kernels gates}
bin=$(mktemp -d)
trap 'rm -r "$bin"' EXIT
go -C cmd/benchgate build -o "$bin/benchgate" .
for pkg in simd llama internal/gates; do
	go test -c -o "$bin/$(basename "$pkg").test" "./$pkg"
done

# busy prints how many ticks the CPUs have worked.
busy() { awk '/^cpu / { print $2 + $3 + $4 + $7 + $8 + $9 }' /proc/stat; }

# quiet waits for a second with at most 5 of its 100 ticks busy.
quiet() {
	local before=-100
	until [ $(($(busy) - before)) -le 5 ]; do
		before=$(busy)
		sleep 1
	done
}

# bench FOLDER REGEXP TIME runs benchmarks of a package.
bench() {
	(cd "$1" && "$bin/$(basename "$1").test" -test.run='^$' -test.bench="$2" -test.benchtime="$3" | grep -v -x PASS)
}

round_kernels() {
	bench simd '^Benchmark(Gemm|Gemv)$' 300ms
	bench llama '^BenchmarkLoad$' 500ms
}

round_gates() { bench internal/gates '^BenchmarkGate$' 50ms; }

for rows in $what; do
	"$bin/benchgate" header -command "benchdata/record.sh $count $rows" >"$bin/$rows.txt"
	for ((i = 0; i < count; i++)); do
		quiet
		"round_$rows" >>"$bin/$rows.txt"
	done
	cp "$bin/$rows.txt" benchdata
done
"$bin/benchgate" render
