package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
)

// TestVerify checks the receipt of chord run, and one that was changed.
func TestVerify(t *testing.T) {
	file := filepath.Join(t.TempDir(), "receipt.json")
	if r := do(t, "", "run", "-n", "12", "--receipt", file, "Once upon a time"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	if r := do(t, "", "verify", "-t", "1", file); r.code != 0 || !strings.HasPrefix(r.out, "genuine: 12 tokens after a prompt of ") {
		t.Errorf("%+v", r)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if r := do(t, string(b), "verify", "-"); r.code != 0 {
		t.Errorf("from stdin: %+v", r)
	}
	var receipt chord.Receipt
	if err := json.Unmarshal(b, &receipt); err != nil {
		t.Fatal(err)
	}
	receipt.IDs[len(receipt.IDs)-1] ^= 1
	if b, err = json.Marshal(receipt); err != nil {
		t.Fatal(err)
	}
	if r := do(t, string(b), "verify", "-"); r.code != 1 || !strings.Contains(r.stderr, "generated token 11 is ") {
		t.Errorf("a changed token: %+v", r)
	}
	for want, in := range map[string]string{"no receipt": "hello", "another model": string(bytes.Replace(b, []byte(receipt.Model), []byte(strings.Repeat("0", 64)), 1))} {
		if r := do(t, in, "verify", "-"); r.code != 1 || !strings.Contains(r.stderr, want) {
			t.Errorf("%s: %+v", want, r)
		}
	}
}

// TestDraftMax tells the same story with drafts.
func TestDraftMax(t *testing.T) {
	args := []string{"run", "-n", "60", "--seed", "3", "Once upon a time there was a cat. Once upon a time there was a"}
	plain := do(t, "", args...)
	if r := do(t, "", append(args, "--draft-max", "8")...); r.code != 0 || r.out != plain.out {
		t.Errorf("%+v, want %+v", r, plain)
	}
	for _, flags := range [][]string{{"--draft-max", "-1"}, {"--draft-min", "-1"}, {"--draft-p-min", "2"}, {"--draft-min", "1"}} {
		if r := do(t, "", append(args, flags...)...); r.code != 2 || !strings.Contains(r.stderr, "--draft") {
			t.Errorf("%q: %+v", flags, r)
		}
	}
}

// TestModelDraft tells a story of a synthetic model with another one's drafts.
func TestModelDraft(t *testing.T) {
	m, d := tiny(t), tiny(t, "--seed", "1")
	args := []string{"run", "-m", m, "-n", "60", "--seed", "3", "abc"}
	plain := do(t, "", args...)
	for _, flags := range [][]string{{"-md", d}, {"--model-draft", m, "--draft", "6", "--draft-min", "1", "--draft-p-min", "0.01"}, {"-md", m, "-td", "3"}} {
		r := do(t, "", append(args, append(flags, "--stats")...)...)
		if r.code != 0 || r.out != plain.out {
			t.Errorf("%q: %+v, want %+v", flags, r, plain)
		}
	}
	for name, want := range map[string]string{"": "vocabulary", "nosuch.gguf": "nosuch.gguf"} {
		args := append(args, "-md", name)
		if name == "" {
			args = []string{"run", "-md", m, "Once"}
		}
		if r := do(t, "", args...); r.code != 1 || !strings.Contains(r.stderr, want) {
			t.Errorf("%q: %+v, want %s", name, r, want)
		}
	}
}
