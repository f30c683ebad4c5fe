package hub

import (
	"strings"
	"testing"
)

func TestParseRef(t *testing.T) {
	for _, c := range []struct{ in, want string }{ // want is "" for an error
		{"org/name", "org/name"},
		{"org/name:Q4_K_M", "org/name:Q4_K_M"},
		{"org/name:latest", "org/name"},
		{"org/name@v1.0:Q8_0", "org/name@v1.0:Q8_0"},
		{"hf://org/name:q8_0", "org/name:q8_0"},
		{"hf.co/org/name", "org/name"},
		{"huggingface.co/org/name:Q8_0", "org/name:Q8_0"},
		{"hf://org/name/BF16/a-00001-of-00002.gguf", "hf://org/name/BF16/a-00001-of-00002.gguf"},
		{"hf://org/name@main/a.gguf", "hf://org/name/a.gguf"},
		{"https://huggingface.co/org/name/resolve/main/a/b.gguf", "hf://org/name/a/b.gguf"},
		{"https://huggingface.co/org/name/blob/dev/b.gguf?download=true", "hf://org/name@dev/b.gguf"},
		{"https://example.com/a/b.gguf", "https://example.com/a/b.gguf"},
		{"http://127.0.0.1:80/b.gguf", "http://127.0.0.1:80/b.gguf"},
		{"ollama://example.com/qwen3:0.6b", "ollama://example.com/qwen3:0.6b"},
		{"ollama://example.com:5000/org/qwen3", "ollama://example.com:5000/org/qwen3:latest"},

		{"", ""}, {"name", ""}, {"org/", ""}, {"/name", ""}, {"org/name:", ""},
		{"../etc", ""}, {"org/..", ""}, {"./name", ""}, {"org/.name", ""}, {"org/na..me", ""}, {"org/na--me", ""},
		{"org/na me", ""}, {"org/na\x00me", ""}, {"org/name:../q", ""}, {"org/name:a/b", ""}, {`org\..\name`, ""},
		{"org/name@../main", ""}, {"org/name@-x", ""}, {"org/name@a..b:Q8_0", "org/name@a..b:Q8_0"}, {"org/name@a/../b", ""},
		{"hf://org/name/../../x.gguf", ""}, {"hf://org/name//x.gguf", ""}, {`hf://org/name/..\x.gguf`, ""},
		{"hf://org/name/C:x.gguf", ""}, {"hf://org/name/a\nb.gguf", ""}, {"hf://org/name/" + strings.Repeat("a", 600), ""},
		{"http://example.com/b.gguf", ""}, {"https://user:key@example.com/b.gguf", ""}, {"https:///b.gguf", ""},
		{"file:///etc/passwd", ""}, {"ftp://example.com/b.gguf", ""},
		{"ollama://name:tag", ""}, {"ollama://qwen3/tag", ""}, {"ollama://example.com/../x", ""},
		{"ollama://example.com/a/b/c", ""}, {"ollama://exa mple.com/a", ""}, {"ollama://u@example.com/a", ""},
		{"ollama://example.com/a:../../b", ""}, {"ollama://..:80/a", ""},
	} {
		r, err := ParseRef(c.in)
		if got := r.String(); c.want == "" && err == nil || c.want != "" && (err != nil || got != c.want) {
			t.Errorf("%q: got %q, %v, want %q", c.in, got, err, c.want)
		}
	}
}

func TestQuant(t *testing.T) {
	for name, want := range map[string]string{
		"qwen2.5-0.5b-instruct-q4_k_m.gguf":     "Q4_K_M",
		"Llama-3.2-1B-Instruct-UD-Q4_K_XL.gguf": "UD-Q4_K_XL",
		"BF16/m-BF16-00001-of-00002.gguf":       "BF16",
		"m.IQ2_XXS.gguf":                        "IQ2_XXS",
		"gpt-oss-20b-mxfp4.gguf":                "MXFP4",
		"m-TQ1_0.gguf":                          "TQ1_0",
		"q8chat.gguf":                           "",
		"model.gguf":                            "",
		"Q4_0-folder/model.gguf":                "",
		"m-fp16.gguf":                           "FP16",
		"Mistral-7B-v0.3.i1-Q6_K.gguf":          "Q6_K",
		"m-Q4_K_M-imat-00001-of-00001.gguf":     "Q4_K_M",
		strings.Repeat("-q4", 1000) + strings.Repeat("-", 1000): "Q4",
	} {
		if got := Quant(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestChoose(t *testing.T) {
	usual := "README.md m-BF16.gguf m-Q3_K_S.gguf m-Q4_K_M.gguf m-Q8_0.gguf mmproj-Q2_K.gguf imatrix.gguf"
	parted := "Q8_0/m-Q8_0-00001-of-00002.gguf Q8_0/m-Q8_0-00002-of-00002.gguf m-q4_0.gguf m-Q6_K-00001-of-00002.gguf"
	for _, c := range []struct{ files, quant, file, want string }{ // want begins with ! for an error
		{usual, "", "", "m-Q4_K_M.gguf"},
		{usual, "q8_0", "", "m-Q8_0.gguf"},
		{usual, "bf16", "", "m-BF16.gguf"},
		{usual, "Q4_K", "", "!no file of type Q4_K; there are BF16, Q3_K_S, Q4_K_M, Q8_0"},
		{usual, "Q2_K", "", "!no file of type"},
		{usual, ".*", "", "!no file of type"},
		{usual, "", "m-BF16.gguf", "m-BF16.gguf"},
		{usual, "", "m.gguf", `!no model in a file "m.gguf"`},
		{usual, "", "mmproj-Q2_K.gguf", "!no model in a file"},
		{parted, "", "", "Q8_0/m-Q8_0-00001-of-00002.gguf Q8_0/m-Q8_0-00002-of-00002.gguf"},
		{parted, "Q8_0", "", "Q8_0/m-Q8_0-00001-of-00002.gguf Q8_0/m-Q8_0-00002-of-00002.gguf"},
		{parted, "Q4_0", "", "m-q4_0.gguf"},
		{parted, "Q6_K", "", "!part 2 of m-Q6_K-00001-of-00002.gguf"},
		{"m-00001-of-00000.gguf", "", "", "!part 2"},
		{"README.md mmproj.gguf", "", "", "!no GGUF file with a model"},
		{"", "", "", "!no GGUF file with a model"},
	} {
		var files []File
		for _, name := range strings.Fields(c.files) {
			files = append(files, File{Name: name})
		}
		got, err := choose(files, Ref{Quant: c.quant, File: c.file})
		var names []string
		for _, f := range got {
			names = append(names, f.Name)
		}
		if want, fails := strings.CutPrefix(c.want, "!"); fails {
			wantErr(t, err, ErrNotFound, want)
		} else if err != nil || strings.Join(names, " ") != want {
			t.Errorf("%q, %q of %s: got %q, %v, want %s", c.quant, c.file, c.files, names, err, want)
		}
	}
}
