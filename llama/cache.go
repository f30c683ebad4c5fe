package llama

import (
	"fmt"
	"math"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/simd"
)

// A KVType is the type of the keys or values in a KV cache.
type KVType uint8

// The types.
const (
	KVF16  KVType = iota // half precision, the default
	KVF32                // single precision: twice the memory
	KVQ8_0               // 8 bits, and a scale for 32 elements: about half the memory of KVF16
	KVQ4_0               // 4 bits, and a scale for 32 elements, after a Hadamard transform: about a quarter of the memory
)

// kvTypes are the types for simd and their names.
var kvTypes = [...]struct {
	quant quant.Type
	name  string
}{KVF16: {quant.F16, "f16"}, KVF32: {quant.F32, "f32"}, KVQ8_0: {quant.Q8_0, "q8_0"}, KVQ4_0: {quant.Q4_0, "q4_0"}}

// KVTypes returns the names that [ParseKVType] accepts.
func KVTypes() []string {
	var names []string
	for _, t := range kvTypes {
		names = append(names, t.name)
	}
	return names
}

// ParseKVType returns the type called name, f16 for "". The error lists the
// names.
func ParseKVType(name string) (KVType, error) {
	for i, t := range kvTypes {
		if name == t.name || name == "" {
			return KVType(i), nil
		}
	}
	return 0, fmt.Errorf("%q, want one of %s", name, strings.Join(KVTypes(), ", "))
}

// A page has minPageTokens to maxPageTokens positions, as many as fit into
// maxPageBytes. Long pages need fewer calls of kernels. Short pages waste less
// memory on short sequences, and maxPageBytes keeps a file's hyperparameters from
// asking for much memory at once. Pages lie in the system's huge pages: that
// makes TinyLlama's decoding 6 % faster at depth 4096, 2 % at 1024 (measured in
// alternating runs).
const (
	maxPageTokens = 256
	minPageTokens = 16
	maxPageBytes  = 8 << 20
)

// A cacheLayout says where the keys and values of each layer and head lie in the
// pages of a [kvcache.Cache]. Layers whose pages have the same lifetime are a
// group: those with full attention, those of each window, and recurrent ones. A page
// of a group holds, for each of its layers and KV heads, the keys of its positions
// and then the values, in the layout of [simd.KV]; the state of a recurrent group
// holds that of each layer, as floats.
type cacheLayout struct {
	tokens int       // positions of a page
	types  [2]string // of keys and values
	groups []kvcache.Group
	layers []cacheLayer
}

// A cacheLayer says where the keys and values of one layer lie.
type cacheLayer struct {
	group        int // index in groups
	offset       int // of the first head in a page
	kv           *simd.KV
	keys, values int // bytes of one head in a page

	stateGroup, stateAt, state int // group of the recurrent state, where the layer's begins, its bytes; 0 bytes: none
}

// newCacheLayout returns the layout for c. It returns an error if a type does not
// fit the heads.
func newCacheLayout(c *Config, key, value KVType) (*cacheLayout, error) {
	tokens := maxPageTokens
	a, err := newCacheLayoutOf(c, key, value, tokens)
	for tokens > minPageTokens && (err != nil || a.bytes() > maxPageBytes) {
		tokens /= 2
		a, err = newCacheLayoutOf(c, key, value, tokens)
	}
	if err == nil && a.bytes() > math.MaxInt {
		err = fmt.Errorf("%d positions of the cache have %d bytes: %w", a.tokens, a.bytes(), ErrUnsupported)
	}
	return a, err
}

// bytes returns the size of a page of every group.
func (a *cacheLayout) bytes() int64 {
	n := int64(0)
	for _, g := range a.groups {
		if g.Kind == kvcache.State {
			continue
		}
		n += int64(g.Bytes)
	}
	return n
}

// newCacheLayoutOf returns the layout whose pages have the given number of
// positions.
func newCacheLayoutOf(c *Config, key, value KVType, tokens int) (*cacheLayout, error) {
	a := &cacheLayout{tokens: tokens, types: [2]string{kvTypes[key].name, kvTypes[value].name}}
	kvs := map[[2]int]*simd.KV{}
	for i := range c.Layer {
		l := &c.Layer[i]
		if l.KVBack > 0 {
			a.layers = append(a.layers, a.layers[i-l.KVBack])
			continue
		}
		var at cacheLayer
		if l.attends() {
			dims := [2]int{l.KeyDim, l.ValueDim}
			if kvs[dims] == nil {
				kv, err := simd.NewKV(kvTypes[key].quant, kvTypes[value].quant, l.KeyDim, l.ValueDim, tokens)
				if err != nil {
					return nil, err
				}
				kvs[dims] = kv
			}
			at.kv = kvs[dims]
			if err := a.addKV(&at, c, l); err != nil {
				return nil, err
			}
		}
		if n := c.stateLen(l); n > 0 {
			if err := a.addState(&at, n); err != nil {
				return nil, err
			}
		}
		a.layers = append(a.layers, at)
	}
	return a, nil
}

// addKV gives a layer a place for its keys and values.
func (a *cacheLayout) addKV(at *cacheLayer, c *Config, l *LayerConfig) error {
	window := l.Window
	if c.Embedder() { // a token sees later ones, and one batch is the whole sequence
		window = 0
	}
	at.group = a.groupOf(window)
	at.keys, at.values = at.kv.Bytes()
	g := &a.groups[at.group]
	at.offset = g.Bytes
	if int64(g.Bytes)+int64(l.KVHeads)*int64(at.keys+at.values) > math.MaxInt {
		return fmt.Errorf("%d positions of the cache are more than this system can address: %w", a.tokens, ErrUnsupported)
	}
	g.Bytes += l.KVHeads * (at.keys + at.values)
	return nil
}

// groupOf returns the group of layers with the given window, 0 for none.
func (a *cacheLayout) groupOf(window int) int {
	if window > 0 {
		return a.group(kvcache.Group{Kind: kvcache.Window, Window: window})
	}
	return a.group(kvcache.Group{Kind: kvcache.Full})
}

// group returns the index of the group like g, which it adds if it is new.
func (a *cacheLayout) group(g kvcache.Group) int {
	for i := range a.groups {
		if a.groups[i].Kind == g.Kind && a.groups[i].Window == g.Window {
			return i
		}
	}
	a.groups = append(a.groups, g)
	return len(a.groups) - 1
}

// addState gives a layer a place for a recurrent state of n floats.
func (a *cacheLayout) addState(at *cacheLayer, n int64) error {
	at.stateGroup = a.group(kvcache.Group{Kind: kvcache.State})
	g := &a.groups[at.stateGroup]
	if n > math.MaxInt/8 || int64(g.Bytes)+4*n > math.MaxInt {
		return fmt.Errorf("a recurrent state is more than this system can address: %w", ErrUnsupported)
	}
	at.stateAt, at.state = g.Bytes, int(4*n)
	g.Bytes += at.state
	return nil
}

// state returns the recurrent state of a layer.
func (a *cacheLayout) state(s *kvcache.Seq, layer int) []float32 {
	l := &a.layers[layer]
	return simd.Floats(s.State(l.stateGroup)[l.stateAt : l.stateAt+l.state])
}

// at returns where the keys and the values of a head start in a page.
func (l *cacheLayer) at(head int) (keys, values int) {
	keys = l.offset + head*(l.keys+l.values)
	return keys, keys + l.keys
}

// store writes the keys, (KVHeads, KeyDim), and values, (KVHeads, ValueDim), of
// position pos into a sequence's pages.
func (a *cacheLayout) store(w *simd.KVWriter, s *kvcache.Seq, pos, layer int, c *LayerConfig, k, v []float32) {
	l := &a.layers[layer]
	page := s.Pages(l.group)[pos/a.tokens]
	for h := range c.KVHeads {
		keys, values := l.at(h)
		w.Store(l.kv, page[keys:values], page[values:values+l.values], pos%a.tokens, row(k, h, c.KeyDim), row(v, h, c.ValueDim))
	}
}

// CacheConfig returns the configuration of the caches for m's sequences, without
// a budget.
func (m *Model) CacheConfig() kvcache.Config { return m.layout.config(&m.config) }

// config returns the configuration of the caches for c.
func (a *cacheLayout) config(c *Config) kvcache.Config {
	return kvcache.Config{Positions: a.tokens, Groups: a.groups, NoPrefix: c.Embedder()}
}

// NewCache returns a cache for sequences of m that takes at most budget bytes; 0
// means no limit. It must be closed after the last Forward that uses it.
func (m *Model) NewCache(budget int64) *kvcache.Cache {
	c := m.CacheConfig()
	c.Budget = budget
	return kvcache.New(c)
}

// PlanCache returns what [Model.CacheConfig] and [Model.Context] would return for
// the model in f. It reads only the header.
func PlanCache(f *gguf.File, o Options) (kvcache.Config, int, error) {
	c, err := ReadConfig(f)
	if err != nil {
		return kvcache.Config{}, 0, err
	}
	a, err := newCacheLayout(&c, o.CacheTypeK, o.CacheTypeV)
	if err != nil {
		return kvcache.Config{}, 0, fmt.Errorf("llama: %w", err)
	}
	context := c.Context
	if o.Context > 0 {
		context = o.Context
	}
	return a.config(&c), context, nil
}
