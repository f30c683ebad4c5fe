package llama_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
)

// TestCheck requires the error of Load.
func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(f *file)
		want string
	}{
		{"sound", func(*file) {}, ""},
		{"no key", func(f *file) { f.set("llama.context_length", nil) }, "llama.context_length: missing"},
		{"no tensor", func(f *file) {
			f.tensors = slices.DeleteFunc(f.tensors, func(t tensor) bool { return t.name == "blk.1.ffn_up.weight" })
		}, `"blk.1.ffn_up.weight": missing`},
		{"another width", func(f *file) { f.set("llama.feed_forward_length", uint32(tinyHidden+2)) }, "shape"},
		{"unknown tensor", func(f *file) { f.add("blk.0.attn_new.weight", 4) }, `"blk.0.attn_new.weight": not a known tensor of architecture llama`},
		{"factors, whose data Check does not read", func(f *file) { f.add("rope_freqs.weight", tinyHeadDim/2) }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := tiny()
			c.edit(f)
			file := f.open(t)
			got := llama.Check(file)
			m, want := llama.Load(file, llama.Options{Threads: 1})
			if want == nil {
				m.Close()
			}
			if c.want == "" && got != nil || c.want != "" && (got == nil || !strings.Contains(got.Error(), c.want)) {
				t.Errorf("got %v, want %q", got, c.want)
			}
			if c.want != "" && (want == nil || got.Error() != want.Error()) {
				t.Errorf("got %v, Load returns %v", got, want)
			}
		})
	}
}

// TestCheckReadsNoData requires that Check does not read from an open file.
func TestCheckReadsNoData(t *testing.T) {
	b := tiny().bytes(t)
	r := &failing{r: bytes.NewReader(b)}
	f, err := gguf.OpenReaderAt(r, int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r.err = errors.New("read of the data")
	if err := llama.Check(f); err != nil {
		t.Error(err)
	}
	if m, err := llama.Load(f, llama.Options{Threads: 1}); !errors.Is(err, r.err) {
		t.Errorf("Load: %v, want %v", err, r.err)
		if m != nil {
			m.Close()
		}
	}
}

// A failing reader reads until err is set.
type failing struct {
	r   *bytes.Reader
	err error
}

func (f *failing) ReadAt(p []byte, at int64) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return f.r.ReadAt(p, at)
}
