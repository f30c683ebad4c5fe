package main

import (
	"bytes"
	"encoding/xml"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// rendered returns a copy of testdata/repo with everything made from its rows.
func rendered(t *testing.T) (root string) {
	t.Helper()
	root = t.TempDir()
	if err := os.CopyFS(root, os.DirFS("testdata/repo")); err != nil {
		t.Fatal(err)
	}
	if err := update(root, false, new(bytes.Buffer)); err != nil {
		t.Fatal(err)
	}
	return root
}

func read(t *testing.T, elem ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRender(t *testing.T) {
	root := rendered(t)
	for _, c := range []struct {
		page string
		want []string
	}{
		{"README.md", []string{
			"before\n<!-- bench:speed -->\n![" + chartAlts["speed"] + "](benchdata/speed.svg)\n<!-- bench:end -->\n",
			"It <!-- bench:faster -->reads prompts 1.5 to 1.5 times and generates text 1.1 to 1.1 times as fast<!-- bench:end --> as that. Share: <!-- bench:reached -->97 to 97 %<!-- bench:end -->.\n",
		}},
		{"docs/benchmarks.md", []string{
			"before\n<!-- bench:decode -->\n![" + chartAlts["decode"] + "](../benchdata/decode.svg)\n<!-- bench:end -->\n",
			"| tinyllama-1.1b | Q4_0 | pp512 | 2 | 300.0 | 130.0 | 200.0 | 480.0 | 1.50 |",
			"| tinyllama-1.1b | Q4_0 | tg128 | 2 | 58.0 | | 52.5 | 60.0 | 1.10 |",
			"| llama-3.2-1b | Q4_0 | tg128 | 2 | 50.0 | | | | |",
			"| Q4_0 | avx512 | 37.5 GB/s, 94 % | 33.97 GB/s, 101 % | 755.9 Gop/s, 71 % |",
			"| Q8_0 | avx512 | 33.97 GB/s, 90 % | | |",
			"Loading: <!-- bench:load -->2.7 GB/s, 20 %<!-- bench:end -->.",
			"| type | tokens | neon | dotprod | dotprod, llama.cpp | avx512 |\n|---|---|---|---|---|---|\n",
			"| Q4_0 | one | 0.305 | 0.225 | 0.267 | 0.074 |",
			"| Q4_0 | many | 0.208 | 0.113 | 0.126 | |",
			"| Integers | one | 0.500 | | | |",
			"- none; some emulator; commit 0123456; `benchdata/arm64.sh LLAMA.CPP`",
			"- some CPU, 2 cores; commit 0123456; `chord bench -o go`",
			"<!-- bench:end -->\nafter\n",
		}},
	} {
		text := read(t, root, c.page)
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s has no %q:\n%s", c.page, want, text)
			}
		}
	}
	if err := update(root, true, new(bytes.Buffer)); err != nil {
		t.Error("not the same the second time:", err)
	}
}

// TestChart wants of each chart what it says and where, and well-formed XML.
func TestChart(t *testing.T) {
	root := rendered(t)
	for name, want := range map[string][]string{
		"speed":   {">tinyllama-1.1b Q4_0<", ">reading a prompt<", ">1.50×<", ">1.10×<", ">best peer<", "prefers-color-scheme: dark"},
		"prompt":  {">tinyllama-1.1b Q4_0, 2 threads<", ">62 %<", ">42 %<", ">limit<"},
		"decode":  {">97 %<", ">88 %<"},
		"kernels": {">Q4_0<", ">94 %<", ">71 %<", ">90 %<"},
	} {
		svg := read(t, root, "benchdata", name+".svg")
		for _, want := range append(want, "<title>"+html.EscapeString(chartAlts[name])+"</title>") {
			if !strings.Contains(svg, want) {
				t.Errorf("%s.svg has no %q:\n%s", name, want, svg)
			}
		}
		if err := xml.Unmarshal([]byte(svg), new(struct{ XMLName xml.Name })); err != nil {
			t.Errorf("%s.svg: %v", name, err)
		}
	}
}

var textElement = regexp.MustCompile(`<text class="(\w+)" text-anchor="(\w+)" x="([\d.-]+)" y="([\d.-]+)">(.*)</text>`)

// TestChartFits wants every text of the repository's charts within its page.
func TestChartFits(t *testing.T) {
	for _, name := range chartNames {
		svg := read(t, "../..", "benchdata", name+".svg")
		found := textElement.FindAllStringSubmatch(svg, -1)
		if len(found) < 5 {
			t.Errorf("%s.svg has %d texts", name, len(found))
		}
		for _, m := range found {
			x, err := strconv.ParseFloat(m[3], 64)
			if err != nil {
				t.Fatal(err)
			}
			width := letter * float64(utf8.RuneCountInString(html.UnescapeString(m[5])))
			if m[1] == "title" {
				width *= 1.25
			}
			switch m[2] {
			case "end":
				x -= width
			case "middle":
				x -= width / 2
			}
			if x < 5 || x+width > chartSize-5 {
				t.Errorf("%s.svg: %q reaches from %.0f to %.0f of %d", name, m[5], x, x+width, chartSize)
			}
		}
	}
}

// TestMarks wants an error, which names the page, for marks that are wrong.
func TestMarks(t *testing.T) {
	for _, text := range []string{"", "<!-- bench:models -->", "<!-- bench:nothing -->" + markEnd} {
		if _, err := new(data).fill(page{path: "a.md"}, text); err == nil || !strings.Contains(err.Error(), "a.md") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestStale changes what was made, or its rows, and wants to hear of it.
func TestStale(t *testing.T) {
	for _, c := range []struct{ name, path, old, new string }{
		{"a row", "benchdata/models.txt", "1 58 tok/s", "1 59 tok/s"},
		{"a count", "benchdata/arm64.txt", "1 0.3051 instr", "1 0.3151 instr"},
		{"a table", "docs/benchmarks.md", "| 58.0 |", "| 59.0 |"},
		{"a figure", "README.md", "1.5 times", "1.6 times"},
		{"a chart", "benchdata/kernels.svg", "</svg>", "</svg> "},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := rendered(t)
			path := filepath.Join(root, c.path)
			body := strings.Replace(read(t, path), c.old, c.new, 1)
			if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := update(root, true, new(bytes.Buffer)); err == nil {
				t.Error("nothing is said to be out of date")
			}
		})
	}
	t.Run("a chart without rows", func(t *testing.T) {
		root := rendered(t)
		if err := os.Remove(filepath.Join(root, "benchdata", "models.txt")); err != nil {
			t.Fatal(err)
		}
		if err := update(root, false, new(bytes.Buffer)); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(root, "benchdata", "decode.svg")); err == nil {
			t.Error("decode.svg is still there")
		}
	})
}

// TestUpToDate holds the repository's own pages and charts. Arithmetic of
// floats may be fused on other architectures, and the last digit differ.
func TestUpToDate(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("charts are compared to the byte on amd64 only")
	}
	if err := update("../..", true, new(bytes.Buffer)); err != nil {
		t.Error(err)
	}
}

func TestBadRows(t *testing.T) {
	for name, body := range map[string]string{
		"no header": "BenchmarkModel/model=x 1 3 tok/s\n",
		"no number": "machine: m\ncommit: c\ncommand: x\nBenchmarkModel/model=x 1 y tok/s\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte(body), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := readData(dir); err == nil {
				t.Error("no error")
			}
		})
	}
}
