package wasmnpm

import (
	"net/http"
	"net/url"
	"path"
	"strconv"
	"testing"
)

// farModels are tiny models that have every type with kernels, and one without.
func farModels(t *testing.T) map[string][]byte {
	all := map[string][]byte{}
	for matrices, output := range map[string]string{
		"Q4_0": "Q6_K", "Q8_0": "Q4_1", "F16": "BF16", "F32": "Q5_0", "Q5_1": "Q2_K", "Q4_K": "Q3_K", "Q5_K": "IQ4_NL", "IQ4_XS": "MXFP4", "TQ1_0": "",
	} {
		all[matrices+output] = random(t, matrices, output)
	}
	return all
}

// Weights in a memory with addresses of 64 bits give the bits that others give, of every
// type, in one thread and in two. Models that are too large are refused before they are
// fetched.
func TestMemory64(t *testing.T) {
	b := newBrowser(t)
	all := farModels(t)
	serve := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := path.Base(r.URL.Path)
		if _, err := strconv.Atoi(name); err != nil {
			_, _ = w.Write(all[name])
			return
		}
		w.Header().Set("Content-Length", name)
		_, _ = w.Write(make([]byte, 1000))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done() // no more comes, and none is waited for
	})
	isolated, other := b.site(t, serve, true, ""), b.site(t, serve, false, "")
	query, want := url.Values{}, map[string]any{"there": true}
	for name := range all {
		query.Add("model", name)
		want[name+", threads=1"], want[name+", threads=2"] = []bool{true, true}, []bool{true, true}
	}
	b.start(t, isolated+"/?far&"+query.Encode())
	check(t, b.result(t), want)
	check(t, b.open(t, isolated+"/?tooLarge"), map[string]any{"there": true, "16 GB": []any{"memory", false}})
	check(t, b.open(t, other+"/?tooLarge"), map[string]any{
		"there": false, "16 GB": []any{"memory", true}, "5 GB": []any{"memory", true}, "asked": []any{"unsupported", true},
	})
	b.stop(t)
}
