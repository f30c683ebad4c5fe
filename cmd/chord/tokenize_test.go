package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/internal/fixtures"
)

// TestTokenizeGolden compares with llama.cpp's ids and decodes them, for models and
// for files with a vocabulary only.
func TestTokenizeGolden(t *testing.T) {
	for _, c := range []struct {
		name, file string
		cases      int // of the file; opening a vocabulary takes longer than using it
	}{
		{"stories260K", "models/stories260K.gguf", 200},
		{"ggml-vocab-gpt-2", "vocab/ggml-vocab-gpt-2.gguf", 4},
		{"ggml-vocab-llama-spm", "vocab/ggml-vocab-llama-spm.gguf", 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, err := os.ReadFile(fixtures.Path(t, "tokens", c.name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var golden struct {
				Cases []struct {
					Text    string
					IDs     []int32 `json:"ids"`
					Special []int32 `json:"ids_special"`
					BOS     []int32 `json:"ids_bos"`
				}
			}
			if err := json.Unmarshal(data, &golden); err != nil {
				t.Fatal(err)
			}
			model := fixtures.Path(t, c.file)
			ids := func(text string, flags ...string) (ids []int32) {
				r := do(t, text, append([]string{"tokenize", "-m", model, "--stdin", "--ids"}, flags...)...) // may warn of BOS
				if err := json.Unmarshal([]byte(r.out), &ids); err != nil || r.code != 0 {
					t.Fatalf("exit %d, %v: %q", r.code, err, r.out)
				}
				return ids
			}
			for _, k := range golden.Cases[:min(c.cases, len(golden.Cases))] {
				if got := ids(k.Text, "--no-bos", "--no-parse-special"); !cmp.Equal(got, append([]int32{}, k.IDs...)) {
					t.Errorf("%q: got %v, want %v", k.Text, got, k.IDs)
				}
				if k.Special == nil {
					k.Special = k.IDs
				}
				if got := ids(k.Text, "--no-bos"); !cmp.Equal(got, append([]int32{}, k.Special...)) {
					t.Errorf("%q with special tokens: got %v, want %v", k.Text, got, k.Special)
				}
				if got := ids(k.Text); k.BOS != nil && !cmp.Equal(got, k.BOS) {
					t.Errorf("%q with BOS: got %v, want %v", k.Text, got, k.BOS)
				}
			}
		})
	}
}

// TestTokenizeBack wants the text back from its ids, with and without BOS.
func TestTokenizeBack(t *testing.T) {
	spm := tiny(t)
	for _, text := range []string{"", "x", "Once upon a time", " two  spaces ", "ünïcödé 🦙\n\ttab", "a\x00b"} {
		for _, model := range [][]string{nil, {"-m", spm}} {
			for _, bos := range [][]string{nil, {"--no-bos"}} {
				ids := ok(t, text, append(append([]string{"tokenize", "--stdin", "--ids"}, model...), bos...)...)
				if got := ok(t, ids, append(append([]string{"tokenize", "--stdin", "--decode"}, model...), bos...)...); got != text {
					t.Errorf("%v %v: %q: %s: got %q", model, bos, text, ids, got)
				}
			}
		}
	}
}

// TestTokenizePieces checks the text output.
func TestTokenizePieces(t *testing.T) {
	spm := tiny(t)
	const want = "     1 -> '<s>'\n" + "   259 -> ' '\n" + "   260 -> 'a'\n" + "    13 -> '\\n'\n" + "   198 -> '\\xc3'\n" + "Total number of tokens: 5\n"
	if got := ok(t, "", "tokenize", "-m", spm, "--show-count", "-e", `a\n\xC3`); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := ok(t, "", "tokenize", "-m", spm, "--ids", "-p", "a"); got != "[1, 259, 260]\n" {
		t.Errorf("got %q", got)
	}
	for _, ids := range []string{"260 261", "[260,261]", " [ 260, 261 ]\n", "260\n261\n"} {
		if got := ok(t, ids, "tokenize", "-m", spm, "--decode", "-f", "-"); got != "ab" {
			t.Errorf("%q: got %q", ids, got)
		}
	}
}

// TestUnescape checks llama.cpp's escapes.
func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{
		`a\nb`: "a\nb", `\t\r\"\'\\`: "\t\r\"'\\", `\x41\x6`: `A\x6`, `\q`: `\q`, `\`: `\`, `\\n`: `\n`, `\xZZ`: `\xZZ`, "": "",
	} {
		if got := unescape(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if strings.Contains(oneLine("\x1b[2J\n'\""), "\x1b") {
		t.Error("an escape is printed")
	}
}

// TestDecodeOnTerminal wants no control characters on a terminal, and every byte
// elsewhere.
func TestDecodeOnTerminal(t *testing.T) {
	const text = "a\x1b]0;x\a\r\n\tü\u009b1m\x9b"
	tok, err := openTokenizer(tiny(t), chord.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ids := strings.Trim(fmt.Sprint(tok.Encode(nil, text, bpe.EncodeOptions{})), "[]")
	for terminal, want := range map[bool]string{false: text, true: `a\x1b]0;x\a\r` + "\n\tü" + `\u009b1m\x9b` + "\n"} {
		var b strings.Builder
		if err := new(tokenize).printText(&b, tok, ids, terminal); err != nil || b.String() != want {
			t.Errorf("terminal %v: got %q, %v; want %q", terminal, b.String(), err, want)
		}
	}
}

// TestDoubleBOS wants a warning only if a text begins with the BOS that is added
// before it.
func TestDoubleBOS(t *testing.T) {
	const warning = "begins with <s>"
	for _, c := range []struct {
		args string
		want bool
	}{
		{"tokenize <s>a", true}, {"tokenize --no-bos <s>a", false}, {"tokenize --no-parse-special <s>a", false}, {"tokenize a<s>", false},
		{"run -n 1 <s>a", true}, {"run -n 1 --no-parse-special <s>a", false}, {"run -n 1 a", false},
	} {
		args := append(strings.Fields(c.args), "-m", tiny(t))
		r := do(t, "", args...)
		if got := strings.Contains(r.stderr, warning); r.code != 0 || got != c.want {
			t.Errorf("%s: exit %d, warning %v: %q", c.args, r.code, got, r.stderr)
		}
	}
}

// TestDropLineEnd wants one line end to be dropped, LF or CR LF.
func TestDropLineEnd(t *testing.T) {
	for in, want := range map[string]string{"": "", "a": "a", "a\n": "a", "a\r\n": "a", "a\n\n": "a\n", "a\r\n\r\n": "a\r\n", "a\r": "a\r", "a\r\r\n": "a\r"} {
		if got := dropLineEnd(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
