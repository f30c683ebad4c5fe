package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var storyText = strings.Repeat("Once upon a time there was a cat who wanted to see the sea.\n", 8)

func TestPerplexity(t *testing.T) {
	out := ok(t, storyText, "perplexity", "-c", "32", "--chunks", "3")
	if !regexp.MustCompile(`^\[1\]\d+\.\d{4},\[2\]\d+\.\d{4},\[3\]\d+\.\d{4},\nFinal estimate: PPL = \d+\.\d{4} \+/- \d+\.\d{5}\n$`).MatchString(out) {
		t.Errorf("got %q", out)
	}
	var got struct {
		Window, Windows, Tokens int
		PPL                     struct{ Value, Error float64 }
		Running                 []float64
	}
	if err := json.Unmarshal([]byte(ok(t, storyText, "perplexity", "-c", "32", "--chunks", "3", "--json")), &got); err != nil {
		t.Fatal(err)
	}
	if got.Windows != 3 || got.Tokens != 3*15 || len(got.Running) != 3 || got.Running[2] != got.PPL.Value || !(got.PPL.Error > 0) {
		t.Errorf("got %+v", got)
	}
}

// TestPerplexityBase writes a base and compares the same model with it.
func TestPerplexityBase(t *testing.T) {
	base := filepath.Join(t.TempDir(), "base.bin")
	ok(t, storyText, "perplexity", "-c", "32", "--chunks", "3", "--kl-divergence-base", base)
	out := ok(t, "", "perplexity", "-c", "32", "--kl-divergence", "--kl-divergence-base", base)
	for _, want := range []string{
		"chunk             PPL", "\n   3  ", "100.000 ±  0.000 %\n\n====== Perplexity statistics ======\nMean PPL(Q)                   : ",
		"\nMean ln(PPL(Q)/PPL(base))     : ", "\nMaximum KLD: ", "\n99.9%   KLD: ", "\nMedian  KLD: ", "\nMinimum Δp: ", "\nSame top p: 100.000 ± 0.000 %\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	var got struct {
		KLD      struct{ Value float64 } `json:"kld"`
		Quantile []float64               `json:"kld_quantiles"`
	}
	if err := json.Unmarshal([]byte(ok(t, "", "perplexity", "-c", "32", "--kl-divergence", "--kl-divergence-base", base, "--json")), &got); err != nil {
		t.Fatal(err)
	}
	if !(got.KLD.Value < 1e-5) || len(got.Quantile) != 13 {
		t.Errorf("got %+v", got)
	}
	r := do(t, "", "perplexity", "-c", "16", "--kl-divergence", "--kl-divergence-base", base)
	if r.code != exitFailure || !strings.Contains(r.stderr, "windows of 32 tokens, context of 16") {
		t.Errorf("got %d, %q", r.code, r.stderr)
	}
}

func TestPerplexityErrors(t *testing.T) {
	failed := filepath.Join(t.TempDir(), "base.bin")
	for want, c := range map[string]struct {
		code int
		args string
	}{
		"--chunks -2: want -1 or more":     {exitUsage, "--chunks -2"},
		"--ppl-stride -3: want 0":          {exitUsage, "--ppl-stride -3"},
		"what with?":                       {exitUsage, "--kl-divergence"},
		"cannot be used with --ppl-stride": {exitUsage, "--kl-divergence-base x --ppl-stride 3"},
		"stdout is for the figures":        {exitUsage, "--kl-divergence-base -"},
		"fills no window of 512":           {exitFailure, "-p once --kl-divergence-base " + failed},
		"base.bin":                         {exitFailure, "--kl-divergence --kl-divergence-base " + failed},
	} {
		r := do(t, "", append([]string{"perplexity"}, strings.Fields(c.args)...)...)
		if r.code != c.code || !strings.Contains(r.stderr, want) || r.out != "" {
			t.Errorf("%s: got %d, %q, %q, want %q", c.args, r.code, r.stderr, r.out, want)
		}
	}
	if _, err := os.Stat(failed); !os.IsNotExist(err) {
		t.Errorf("a failed run left a file: %v", err)
	}
}
