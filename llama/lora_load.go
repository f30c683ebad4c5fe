package llama

import (
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/simd"
)

// An adapterLoader makes the matrices of an adapter.
type adapterLoader struct {
	a      *Adapter
	f      *gguf.File
	pairs  map[string]*pairData
	stacks map[stackKey]*stackData
}

// A pairData is a pair with its bytes.
type pairData struct {
	*AdapterPair
	a, b []byte
	used bool
}

// A stackKey tells stacks apart.
type stackKey struct {
	input  string
	expert int
	typ    quant.Type
}

// A stackData is a stack that grows.
type stackData struct {
	loraStack
	cols, rows int
	data       []byte
	at         map[string]int // by tensor: the row of its A
	loras      []*lora
}

// load reads all pairs.
func (l *adapterLoader) load(m *Model) error {
	if err := l.read(m.config.Arch); err != nil {
		return err
	}
	for i, t := range m.targets {
		if p := l.pairs[t.tensor]; p != nil {
			if err := l.add(i+1, t, p); err != nil {
				return err
			}
		}
	}
	for _, p := range l.pairs {
		if p.Name == embdTensor {
			if err := l.addEmbedding(p, m.config.Vocab, m.config.Dim); err != nil {
				return err
			}
		} else if !p.used && !slices.Contains(m.skipped, p.Name) {
			return fmt.Errorf("tensor %q: adapters of it are not supported: %w", p.Name, ErrUnsupported)
		}
	}
	for key, s := range l.stacks {
		var err error
		if s.m, err = ownMatrix(key.typ, s.data, s.rows, s.cols); err != nil {
			return err
		}
		for _, x := range s.loras {
			x.a = &s.loraStack
		}
	}
	return nil
}

// read reads the bytes of all pairs and hashes them.
func (l *adapterLoader) read(arch string) error {
	h := sha256.New()
	fmt.Fprintf(h, "%s %08x\n", arch, math.Float32bits(l.a.file.Alpha))
	l.pairs = map[string]*pairData{}
	for i := range l.a.file.Pairs {
		p := &pairData{AdapterPair: &l.a.file.Pairs[i]}
		l.pairs[p.Name] = p
		for _, t := range []struct {
			t    *gguf.Tensor
			data *[]byte
		}{{p.A, &p.a}, {p.B, &p.b}} {
			var err error
			if *t.data, err = l.f.Data(t.t); err != nil {
				return fmt.Errorf("tensor %q: %w", t.t.Name, err)
			}
			fmt.Fprintf(h, "%s %v %v\n", t.t.Name, t.t.Type, t.t.Shape)
			h.Write(*t.data)
			l.a.bytes += t.t.Size
		}
	}
	l.a.hash = [sha256.Size]byte(h.Sum(nil))
	return nil
}

// inputOf returns a name that tensors of one layer have in common if they are
// multiplied with the same input at once.
func inputOf(tensor string) string { return inputs.Replace(tensor) }

var inputs = strings.NewReplacer(".attn_q.", ".attn_qkv.", ".attn_k.", ".attn_qkv.", ".attn_v.", ".attn_qkv.", ".ffn_gate", ".ffn_up")

// add adds a pair to the linear with the given id.
func (l *adapterLoader) add(id int, t target, p *pairData) error {
	p.used = true
	x, err := newLora(p, t.rows, t.expert*int(p.B.Shape[1])+t.lo)
	if err != nil {
		return err
	}
	l.a.pairs[id] = x
	key := stackKey{inputOf(t.tensor), t.expert, p.A.Type}
	s := l.stacks[key]
	if s == nil {
		s = &stackData{cols: t.cols, at: map[string]int{}}
		l.stacks[key] = s
	}
	s.loras = append(s.loras, x)
	first, ok := s.at[t.tensor]
	if !ok {
		first = s.rows
		size := len(p.a) / rowsOf(p.A.Shape) * p.Rank
		s.data = append(s.data, p.a[t.expert*size:(t.expert+1)*size]...)
		s.parts = append(s.parts, loraPart{first, p.Rank, p.Factor})
		s.at[t.tensor], s.rows = first, s.rows+p.Rank
	}
	x.first = first
	return nil
}

// rowsOf returns the number of rows of a shape.
func rowsOf(shape []uint64) int {
	n := 1
	for _, d := range shape[1:] {
		n *= int(d)
	}
	return n
}

// addEmbedding adds the pair of token_embd.
func (l *adapterLoader) addEmbedding(p *pairData, vocab, dim int) (err error) {
	x, err := newLora(p, dim, 0)
	if err != nil {
		return err
	}
	x.a = &loraStack{parts: []loraPart{{0, p.Rank, p.Factor}}}
	x.a.m, err = ownMatrix(p.A.Type, p.a, vocab, p.Rank)
	l.a.embd = x
	return err
}

// newLora returns the addition of the given rows of B, from row lo on, without A.
func newLora(p *pairData, rows, lo int) (*lora, error) {
	x := &lora{rank: p.Rank}
	size := len(p.b) / rowsOf(p.B.Shape)
	for at := 0; at < rows; at += loraRows {
		n := min(loraRows, rows-at)
		b, err := ownMatrix(p.B.Type, p.b[(lo+at)*size:(lo+at+n)*size], n, p.Rank)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", p.B.Name, err)
		}
		x.b = append(x.b, b)
	}
	return x, nil
}

// ownMatrix returns a matrix with memory of its own.
func ownMatrix(typ quant.Type, data []byte, rows, cols int) (*simd.Matrix, error) {
	w := quant.Matrix{Type: typ, Rows: rows, Cols: cols, Data: data}
	m, err := simd.NewMatrix(nil, w, nil)
	if err == nil && !m.Copied() {
		w.Data = append([]byte(nil), w.Data...)
		m, err = simd.NewMatrix(nil, w, nil)
	}
	return m, err
}
