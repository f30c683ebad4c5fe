package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestRows(t *testing.T) {
	for _, c := range []struct{ name, args, in, want string }{
		{"chord", "-model m -type Q4_0",
			"goos: linux\nBenchmarkDecode/model=llama-1B/test=tg128/depth=0/batch=1/cache=f16/threads=2/tier=avx512\t128\t20000 ns/op\t50.00 tokens/s\t0.8000 of-limit\n" +
				"BenchmarkDecode/model=llama-1B/test=tg128/depth=1024/batch=1/cache=f16/threads=1/tier=avx512\t128\t20000 ns/op\t40.00 tokens/s\n" +
				"BenchmarkDecode/model=llama-1B/test=tg128/depth=0/batch=8/cache=f16/threads=1/tier=avx512\t128\t20000 ns/op\t200 tokens/s\n",
			"BenchmarkModel/model=m/type=Q4_0/test=tg128/threads=2/engine=chord 1 50.00 tok/s\n" +
				"BenchmarkModel/model=m/type=Q4_0/test=tg128/threads=2/engine=limit 1 62.50 tok/s\n" +
				"BenchmarkModel/model=m/type=Q4_0/test=tg128@d1024/threads=1/engine=chord 1 40.00 tok/s\n"},
		{"llama-bench", "-model m -type Q8_0 -engine llama.cpp",
			`[{"n_prompt":512,"n_gen":0,"n_threads":2,"samples_ts":[130.5,131]},{"n_prompt":0,"n_gen":128,"n_depth":1024,"n_threads":1,"samples_ts":[30]}]`,
			"BenchmarkModel/model=m/type=Q8_0/test=pp512/threads=2/engine=llama.cpp 1 130.50 tok/s\n" +
				"BenchmarkModel/model=m/type=Q8_0/test=pp512/threads=2/engine=llama.cpp 1 131.00 tok/s\n" +
				"BenchmarkModel/model=m/type=Q8_0/test=tg128@d1024/threads=1/engine=llama.cpp 1 30.00 tok/s\n"},
		{"nothing", "-model m -type Q8_0", "", ""},
		{"no JSON", "-model m -type Q8_0", "[{", ""},
		{"no threads", "-model m -type Q8_0", "BenchmarkDecode/test=tg1 1 2 ns/op 3 tokens/s\n", ""},
		{"no model", "-type Q8_0", "", ""},
		{"two words", "-model=a/b -type Q8_0", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			err := rowsCommand(strings.Fields(c.args), strings.NewReader(c.in), &out, new(bytes.Buffer))
			if (err == nil) != (c.want != "") {
				t.Errorf("got error %v", err)
			}
			if out.String() != c.want {
				t.Errorf("got\n%swant\n%s", &out, c.want)
			}
		})
	}
}
