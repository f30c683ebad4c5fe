package vision

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/synth"
)

// A golden is what llama.cpp computes for a picture: values at every step-th place.
type golden struct {
	Pixels []float32 // of the preprocessed picture, (Size, Size, 3)
	Rows   []float32 // (rows, OutDim)
}

// steps between the values of a golden: prime, so that they are of all columns.
const (
	pixelStep = 211
	rowsStep  = 31
)

// goldens returns what llama.cpp computes, by tower and picture.
func goldens(t *testing.T) map[string]map[string]golden {
	t.Helper()
	b, err := os.ReadFile("testdata/llama.json")
	if err != nil {
		t.Fatal(err)
	}
	var g map[string]map[string]golden
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// pictures are made pictures: larger and smaller than what the tower takes, of
// another shape, and of the same size.
var pictures = map[string][2]int{"wide": {230, 90}, "small": {31, 77}, "same": {160, 160}}

// made returns a made picture.
func made(width, height int) *Picture {
	p := &Picture{Width: width, Height: height}
	for y := range height {
		for x := range width {
			p.RGB = append(p.RGB, byte(x*255/width), byte(x*y%256), byte((x/8+y/8)%2*200+y%50))
		}
	}
	return p
}

// asPNG returns the file of a picture.
func (p *Picture) asPNG(t *testing.T) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, p.Width, p.Height))
	for i := range p.Width * p.Height {
		m.Set(i%p.Width, i/p.Width, color.NRGBA{p.RGB[3*i], p.RGB[3*i+1], p.RGB[3*i+2], 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// towers write the small towers.
var towers = map[string]func(w io.Writer) error{
	"gemma3":        func(w io.Writer) error { return synth.WriteMMProj(w, 1) },
	"pixtral":       func(w io.Writer) error { return synth.WritePixtral(w, 1, 1) },
	"pixtral-merge": func(w io.Writer) error { return synth.WritePixtral(w, 2, 1) },
}

// encoder returns an encoder of a small tower.
func encoder(t *testing.T, tower string, threads int) *Encoder {
	t.Helper()
	var b bytes.Buffer
	if err := towers[tower](&b); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.OpenReaderAt(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(f, threads)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// TestWriteMade writes the small models and the pictures to the folder that
// CHORD_SYNTHETIC names, so that llama.cpp can compute them again.
func TestWriteMade(t *testing.T) {
	dir := os.Getenv("CHORD_SYNTHETIC")
	if dir == "" {
		t.Skip("CHORD_SYNTHETIC names no folder")
	}
	var eye bytes.Buffer
	if err := synth.WriteEye(&eye, 1); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"eye.gguf": eye.Bytes()}
	for name, write := range towers {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		files[name+".mmproj"] = b.Bytes()
	}
	for name, size := range pictures {
		files[name+".rgb"] = made(size[0], size[1]).RGB
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPixels compares the preprocessed pictures with llama.cpp's.
func TestPixels(t *testing.T) {
	for tower, list := range goldens(t) {
		c := encoder(t, tower, 1).Config
		for name, g := range list {
			x := c.pixels(made(pictures[name][0], pictures[name][1]))
			n := len(x) / 3
			if len(g.Pixels) != (3*n+pixelStep-1)/pixelStep {
				t.Fatalf("%s, %s: %d pixels of llama.cpp", tower, name, len(g.Pixels))
			}
			for i, want := range g.Pixels {
				at := i * pixelStep
				if got := x[at%3*n+at/3]; math.Abs(float64(got-want)) > 1e-6 {
					t.Fatalf("%s, %s: value %d: got %g, want %g", tower, name, at, got, want)
				}
			}
		}
	}
}

// TestRows compares the rows of pictures with llama.cpp's for the same weights in
// float32. llama.cpp looks GELU up in a table of half precision: about 1e-3 of an
// activation, which the layers and the projector pass on.
func TestRows(t *testing.T) {
	list := goldens(t)
	for tower := range towers {
		e := encoder(t, tower, 2)
		for name, size := range pictures {
			g := list[tower][name]
			got, err := e.Encode(t.Context(), made(size[0], size[1]).asPNG(t))
			if err != nil {
				t.Fatal(err)
			}
			if want := e.Config.Rows(size[0], size[1]) * e.Config.OutDim; len(got) != want || len(g.Rows) != (want+rowsStep-1)/rowsStep {
				t.Fatalf("%s, %s: %d values, %d of llama.cpp, want %d", tower, name, len(got), len(g.Rows), want)
			}
			most := 0.0
			for i, want := range g.Rows {
				most = max(most, math.Abs(float64(got[i*rowsStep]-want)))
			}
			t.Logf("%s, %s: largest difference %.2g", tower, name, most)
			if !(most <= 4e-3) {
				t.Errorf("%s, %s: largest difference %g, want at most 4e-3", tower, name, most)
			}
		}
	}
}

// TestThreads wants the same bits from any number of threads.
func TestThreads(t *testing.T) {
	p := made(230, 90)
	one, err := encoder(t, "pixtral-merge", 1).EncodePicture(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	three, err := encoder(t, "pixtral-merge", 3).EncodePicture(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	for i := range one {
		if math.Float32bits(one[i]) != math.Float32bits(three[i]) {
			t.Fatalf("value %d: got %g with three threads, %g with one", i, three[i], one[i])
		}
	}
}
