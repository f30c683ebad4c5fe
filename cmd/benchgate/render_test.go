package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
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
	readme := read(t, root, "README.md")
	for _, want := range []string{
		"before\n" + markBegin, markEnd + "\nafter",
		"| tinyllama-1.1b | Q4_0 | pp512 | 2 | 300.0 | 130.0 | 200.0 | 480.0 | 1.50 |",
		"| tinyllama-1.1b | Q4_0 | tg128 | 2 | 58.0 | | 52.5 | | 1.10 |",
		"| llama-3.2-1b | Q4_0 | tg128 | 2 | 50.0 | | | | |",
		"| Q4_0 | avx512 | 37.5 GB/s, 94 % | 33.97 GB/s, 101 % | 755.9 Gop/s, 71 % |",
		"| Q8_0 | avx512 | 33.97 GB/s, 90 % | | |",
		"page cache: 2.7 GB/s, 20 % of",
		"| type | tokens | neon | dotprod | dotprod, llama.cpp | avx512 |\n|---|---|---|---|---|---|\n",
		"| Q4_0 | one | 0.305 | 0.225 | 0.267 | 0.074 |",
		"| Q4_0 | many | 0.208 | 0.113 | 0.126 | |",
		"| Integers | one | 0.500 | | | |",
		"- none; some emulator; commit 0123456; `benchdata/arm64.sh LLAMA.CPP`",
		"(benchdata/decode.svg)",
		"- some CPU, 2 cores; commit 0123456; `chord bench -o go`",
	} {
		if !strings.Contains(readme, want) {
			t.Errorf("README.md has no %q:\n%s", want, readme)
		}
	}
	for _, name := range chartNames {
		if svg := read(t, root, "benchdata", name+".svg"); !strings.Contains(svg, chartTitles[name]) {
			t.Errorf("%s.svg has no title", name)
		}
	}
	if err := update(root, true, new(bytes.Buffer)); err != nil {
		t.Error("not the same the second time:", err)
	}
}

// TestStale changes what was made, or its rows, and wants to hear of it.
func TestStale(t *testing.T) {
	for _, c := range []struct{ name, path, old, new string }{
		{"a row", "benchdata/models.txt", "1 58 tok/s", "1 59 tok/s"},
		{"a count", "benchdata/arm64.txt", "1 0.3051 instr", "1 0.3151 instr"},
		{"the table", "README.md", "| 58.0 |", "| 60.0 |"},
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

// TestUpToDate holds the repository's own README and charts. Arithmetic of
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
