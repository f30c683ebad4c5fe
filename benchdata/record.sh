#!/usr/bin/env bash
# Records the kernels' rows: each benchmark with its limit in turn, all of them
# COUNT times one after the other, on a machine that does nothing else.
#
#	benchdata/record.sh [COUNT]    # default 5
#
# Writes benchdata/kernels.txt and makes README and the charts anew. Rows of
# models are Go benchmark lines as well, under the same three header lines:
#
#	BenchmarkModel/model=tinyllama-1.1b/type=Q4_0/test=pp512/threads=2/engine=chord 1 300.1 tok/s
#
# in benchdata/models.txt; engine is chord, the name of a peer, or limit, which
# is what the machine's memory or multiplier would allow.
set -euo pipefail
cd "$(dirname "$0")/.."

count=${1:-5}
bin=$(mktemp -d)
trap 'rm -r "$bin"' EXIT
go test -c -o "$bin/simd.test" ./simd
go test -c -o "$bin/llama.test" ./llama

{
	echo "machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores"
	echo "commit: $(git describe --always --dirty --exclude='*')"
	echo "command: benchdata/record.sh $count"
	for ((i = 0; i < count; i++)); do
		(cd simd && "$bin/simd.test" -test.run='^$' -test.bench='^Benchmark(Gemm|Gemv)$' -test.benchtime=300ms)
		(cd llama && "$bin/llama.test" -test.run='^$' -test.bench='^BenchmarkLoad$' -test.benchtime=500ms)
	done | grep -v -e '^PASS$'
} >"$bin/kernels.txt"
cp "$bin/kernels.txt" benchdata/kernels.txt
go run ./cmd/benchgate render
