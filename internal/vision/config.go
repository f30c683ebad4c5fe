package vision

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/querent-ai/chord/gguf"
)

// ErrUnsupported is wrapped by errors about files that may be valid but ask for
// something that this package does not do.
var ErrUnsupported = errors.ErrUnsupported

// A Config has the hyperparameters of a vision tower and of its projector.
type Config struct {
	Projector string // clip.projector_type
	Size      int    // image_size: pixels on a side of what the tower takes
	Patch     int    // patch_size: pixels on a side of a patch
	Dim       int    // embedding_length
	HiddenDim int    // feed_forward_length
	Layers    int    // block_count
	Heads     int    // attention.head_count
	NormEps   float32
	Mean, Std [3]float32 // image_mean, image_std
	Act       string     // gelu (tanh approximation), silu or gelu_quick
	Merge     int        // projector.scale_factor, spatial_merge_size: patches on a side that become one row
	OutDim    int        // width of the rows, that of the text model

	kind *projector
}

const (
	maxCount   = 1 << 16 // of every number in the file
	maxPatches = 1 << 14 // of a picture
	maxRow     = 1 << 16 // elements of a row of patches or activations
	maxRows    = 1 << 26 // elements of the rows of a picture
)

// A projector is what is special to a way from the tower to the text model.
type projector struct {
	merge      int     // default of Config.Merge
	mergeKey   string  // its key, without clip.vision.
	filter     filter  // of resizing
	bars       [3]byte // color around a picture of another shape
	begin, end string  // control tokens around a picture
	whole      bool    // the rows of a picture see each other, also later ones
	minRows    int     // least rows of a picture, without those that end lines; 0: all pictures have the same size
	maxRows    int     // most rows, likewise
	rms        bool    // norms are RMS norms
	rope       float64 // base of the rotation by row and column; 0: positions are added
	breaks     bool    // a row ends every line of a picture but the last
	swaps      bool    // old files have the names of two matrices swapped
	load       func(l *loader, e *Encoder)
	project    func(e *Encoder, x []float32) []float32
}

// projectors are the known ones, by clip.projector_type.
var projectors map[string]*projector

func init() { // they refer to Encoder
	projectors = map[string]*projector{
		"gemma3": {merge: 4, mergeKey: "projector.scale_factor", filter: bilinear, begin: "<start_of_image>", end: "<end_of_image>", whole: true, swaps: true,
			load: loadGemma3, project: (*Encoder).gemma3},
		"pixtral": {merge: 1, mergeKey: "spatial_merge_size", filter: bicubic, end: "[IMG_END]", minRows: 8, maxRows: 1024, rms: true, rope: 10000, breaks: true,
			load: loadPixtral, project: (*Encoder).pixtral},
	}
}

// Projectors returns the known values of clip.projector_type.
func Projectors() []string { return slices.Sorted(maps.Keys(projectors)) }

// A keys reads the keys of a file and keeps the first error.
type keys struct {
	f   *gguf.File
	err error
}

// bad keeps an error about a key if it is the first.
func (k *keys) bad(key, format string, args ...any) {
	if k.err == nil {
		k.err = fmt.Errorf("vision: key %q: %s: %w", key, fmt.Sprintf(format, args...), gguf.ErrFormat)
	}
}

// count returns a number of at least 1.
func (k *keys) count(name string, missing int) int {
	key := "clip.vision." + name
	n, ok, err := k.f.Int(key)
	switch {
	case err != nil:
		k.bad(key, "%v", err)
	case !ok && missing == 0:
		k.bad(key, "missing")
	case !ok:
		return missing
	case n < 1 || n > maxCount:
		k.bad(key, "%d, want 1 to %d", n, maxCount)
	default:
		return int(n)
	}
	return 1
}

// triple returns a number for each color.
func (k *keys) triple(name string) (x [3]float32) {
	key := "clip.vision." + name
	list, ok, err := k.f.Floats(key)
	switch {
	case err != nil:
		k.bad(key, "%v", err)
	case !ok || len(list) != 3:
		k.bad(key, "%d numbers, want one for each color", len(list))
	default:
		copy(x[:], list)
	}
	return x
}

// ReadConfig returns the configuration in f. An error names the key; it wraps
// [gguf.ErrFormat], or [ErrUnsupported] for a projector that is not known.
func ReadConfig(f *gguf.File) (*Config, error) {
	k := &keys{f: f}
	if arch, _, _ := f.Str("general.architecture"); arch != "clip" {
		return nil, fmt.Errorf("vision: key %q: %q, want \"clip\", an mmproj file: %w", "general.architecture", arch, ErrUnsupported)
	}
	c := &Config{Projector: k.projector()}
	if k.err != nil {
		return nil, k.err
	}
	if c.kind = projectors[c.Projector]; c.kind == nil {
		return nil, fmt.Errorf("vision: key %q: %q, known are %q: %w", "clip.projector_type", c.Projector, Projectors(), ErrUnsupported)
	}
	c.Size, c.Patch = k.count("image_size", 0), k.count("patch_size", 0)
	c.Dim, c.HiddenDim = k.count("embedding_length", 0), k.count("feed_forward_length", 0)
	c.Layers, c.Heads = k.count("block_count", 0), k.count("attention.head_count", 0)
	c.Mean, c.Std = k.triple("image_mean"), k.triple("image_std")
	c.Merge = k.count(c.kind.mergeKey, c.kind.merge)
	c.NormEps, c.Act = k.eps(), k.act()
	k.check(c)
	return c, k.err
}

// projector returns the projector type of pictures.
func (k *keys) projector() string {
	if has, ok, err := k.f.Bool("clip.has_vision_encoder"); err == nil && ok && !has {
		k.err = fmt.Errorf("vision: key %q: the file has no vision encoder: %w", "clip.has_vision_encoder", ErrUnsupported)
	}
	for _, key := range []string{"clip.vision.projector_type", "clip.projector_type"} {
		name, ok, err := k.f.Str(key)
		if err != nil {
			k.bad(key, "%v", err)
		} else if ok {
			return name
		}
	}
	k.bad("clip.projector_type", "missing")
	return ""
}

// eps returns the small number of norms.
func (k *keys) eps() float32 {
	const key = "clip.vision.attention.layer_norm_epsilon"
	eps, ok, err := k.f.Float(key)
	if err != nil || !ok || !(eps >= 0 && eps < 1) {
		k.bad(key, "missing or %v, want 0 to 1", eps)
	}
	return float32(eps)
}

// act returns the name of the activation.
func (k *keys) act() string {
	for _, name := range []string{"gelu", "silu"} {
		if use, _, err := k.f.Bool("clip.use_" + name); err != nil {
			k.bad("clip.use_"+name, "%v", err)
		} else if use {
			return name
		}
	}
	return "gelu_quick"
}

// check reports contradictions.
func (k *keys) check(c *Config) {
	side := c.Size / c.Patch
	switch {
	case k.err != nil:
	case c.kind.minRows > 0 && c.Merge > 4:
		k.bad("clip.vision."+c.kind.mergeKey, "%d, want at most 4", c.Merge)
	case c.kind.minRows == 0 && (c.Size > maxSide || c.Size%c.Patch != 0 || side*side > maxPatches):
		k.bad("clip.vision.image_size", "%d with patches of %d, want a multiple with at most %d patches", c.Size, c.Patch, maxPatches)
	case c.kind.minRows == 0 && side%c.Merge != 0:
		k.bad("clip.vision."+c.kind.mergeKey, "%d, which does not divide the %d patches on a side", c.Merge, side)
	case c.Dim%c.Heads != 0 || c.kind.rope > 0 && c.Dim/c.Heads%4 != 0:
		k.bad("clip.vision.attention.head_count", "%d, which does not divide %d into heads", c.Heads, c.Dim)
	case c.Patch > maxSide/16 || max(3*c.Patch*c.Patch, c.Dim, c.HiddenDim) > maxRow:
		k.bad("clip.vision.patch_size", "%d, or rows that are too long", c.Patch)
	}
	for i, s := range c.Std {
		if k.err == nil && !(s > 0) || c.Mean[i] != c.Mean[i] {
			k.bad("clip.vision.image_std", "%v, want more than 0", c.Std)
		}
	}
}

// Rows returns the rows of a picture of the given size.
func (c *Config) Rows(width, height int) int {
	width, height = c.fitted(width, height)
	part := c.Patch * c.Merge
	lines := height / part
	n := lines * (width / part)
	if c.kind.breaks {
		n += lines - 1
	}
	return n
}

// Around returns the names of the control tokens before and after a picture, "" for
// none.
func (c *Config) Around() (begin, end string) { return c.kind.begin, c.kind.end }

// Whole reports whether the rows of a picture see each other in the text model, also
// later ones.
func (c *Config) Whole() bool { return c.kind.whole }
