package main

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// TestEmbedNormalize checks the norm of each value of --embd-normalize.
func TestEmbedNormalize(t *testing.T) {
	for p, want := range map[int][]float32{
		-1: {3, -4, 0},
		0:  {24570, -32760, 0},
		1:  {3. / 7, -4. / 7, 0},
		3:  {3 / 4.497941, -4 / 4.497941, 0},
	} {
		v := []float32{3, -4, 0}
		normalize(v, p)
		for i := range v {
			if !(math.Abs(float64(v[i]-want[i])) <= 1e-6*max(1, math.Abs(float64(want[i])))) {
				t.Errorf("%d: got %v, want %v", p, v, want)
			}
		}
	}
}

// TestEmbedPrint wants JSON of both formats.
func TestEmbedPrint(t *testing.T) {
	vectors := [][]float32{{1, 0.5}, {-2, 1e-7}}
	for format, want := range map[string]string{
		"json":  `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1,0.5]},{"object":"embedding","index":1,"embedding":[-2,1e-07]}]}`,
		"array": `[[1,0.5],[-2,1e-07]]`,
	} {
		var out strings.Builder
		e := embed{format: format}
		if err := e.print(newApp(nil, &out, nil), vectors, 2); err != nil {
			t.Fatal(err)
		}
		if out.String() != want+"\n" || !json.Valid([]byte(out.String())) {
			t.Errorf("got %s, want %s", out.String(), want)
		}
	}
}

func TestEmbedErrors(t *testing.T) {
	for want, c := range map[string]struct {
		code int
		args string
	}{
		`--embd-output-format "raw": want json or array`: {exitUsage, "a --embd-output-format raw"},
		"--embd-normalize -2: want -1":                   {exitUsage, "a --embd-normalize -2"},
		"--embd-separator: the text is empty":            {exitUsage, "a --embd-separator="},
		"EmbedOptions.Pooling":                           {exitFailure, "a --pooling max"},
	} {
		r := do(t, "", append([]string{"embed"}, strings.Fields(c.args)...)...)
		if r.code != c.code || !strings.Contains(r.stderr, want) || r.out != "" {
			t.Errorf("%s: got %d, %q, %q, want %q", c.args, r.code, r.stderr, r.out, want)
		}
	}
}
