package engine

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/llama"
)

const (
	pageSize  = 8   // positions of a page
	testVocab = 32  // ids, and so numbers of a row
	window    = 11  // of the windowed group, if there is one
	fakeDim   = 3   // numbers of a vector
	fakeDepth = 900 // context
)

// A fake is a model whose logits are a hash of all tokens so far, which it reads
// from and writes to the pages of the cache: memory that is shared or computed
// again wrongly changes them. A pass takes so long a row.
type fake struct {
	context, long int
	cost          time.Duration
	groups        []kvcache.Group
	shallow       bool // rows depend on the last position's page alone

	neighbour bool                            // a planted fault: a row reads another sequence's page
	before    func(ctx context.Context) error // called in every pass, if there is one

	mu     sync.Mutex
	passes []fakePass
	out    bool // a pass goes on
}

// A fakePass is what the fake remembers of a pass.
type fakePass struct {
	began, ended time.Duration // since the fake's birth
	rows, outs   int
	of           map[*kvcache.Seq]int // rows of each sequence
}

var fakeBirth = time.Now()

// Groups a fake can have.
var (
	fullGroup   = kvcache.Group{Kind: kvcache.Full, Bytes: 8 * pageSize}
	windowGroup = kvcache.Group{Kind: kvcache.Window, Bytes: 8 * pageSize, Window: window}
	stateGroup  = kvcache.Group{Kind: kvcache.State, Bytes: 8}
)

func newFake() *fake {
	return &fake{context: fakeDepth, groups: []kvcache.Group{fullGroup}}
}

func (f *fake) Context() int  { return f.context }
func (f *fake) LongFrom() int { return f.long }

// newCache returns a cache with the given pages of the first group, 0 for no limit.
func (f *fake) newCache(pages int) *kvcache.Cache {
	return kvcache.New(kvcache.Config{Positions: pageSize, Groups: f.groups, Checkpoint: 32, Budget: int64(pages * 8 * pageSize)})
}

// start returns an engine of f, which ends with the test.
func (f *fake) start(t testing.TB, pages int, o Options) *Engine {
	t.Helper()
	o.Vocab = testVocab
	cache := f.newCache(pages)
	e := New(f, cache, o)
	t.Cleanup(func() { e.Close(); cache.Close() })
	return e
}

// mix returns a hash of h and the token that follows.
func mix(h uint64, id int32, long bool) uint64 {
	h ^= uint64(id)*2 + 1
	if long {
		h ^= 1 << 40
	}
	h *= 0x9e3779b97f4a7c15
	return h ^ h>>29
}

// fold adds what a position holds to what a row has seen.
func fold(row, h uint64) uint64 { return (row^h)*0x100000001b3 + 1 }

// fill writes a row that stands for a hash.
func fill(row []float32, h uint64) {
	for i := range row {
		row[i] = float32((h >> (i % 40)) & 0xffff)
	}
}

// row returns what f gives for the last of ids, by itself.
func (f *fake) row(ids []int32, n int) []float32 {
	long := f.long > 0 && len(ids) > f.long
	var h, row uint64
	var all []uint64
	for _, id := range ids {
		h = mix(h, id, long)
		all = append(all, h)
	}
	row = f.sees(func(g, at int) uint64 { return all[at] }, len(ids)-1, h)
	out := make([]float32, n)
	fill(out, row)
	return out
}

// sees returns the hash of what the token at pos sees in all groups.
func (f *fake) sees(at func(group, pos int) uint64, pos int, state uint64) uint64 {
	row := uint64(1)
	for g, group := range f.groups {
		first := 0
		switch group.Kind {
		case kvcache.State:
			row = fold(row, state)
			continue
		case kvcache.Window:
			first = max(0, pos-group.Window+1)
		}
		if f.shallow {
			first = pos
		}
		for i := first; i <= pos; i++ {
			row = fold(row, at(g, i))
		}
	}
	return row
}

// slot returns where position pos of a sequence lies in a group.
func slot(s *kvcache.Seq, group, pos int) []byte {
	return s.Pages(group)[pos/pageSize][pos%pageSize*8:][:8]
}

func (f *fake) Forward(ctx context.Context, batch []llama.Token, out *llama.Output) (err error) {
	if f.busy(true) {
		panic("two passes at the same time")
	}
	defer f.busy(false)
	var seqs []*kvcache.Seq
	ids, outs := map[*kvcache.Seq][]int32{}, 0
	for _, t := range batch {
		if ids[t.Seq] == nil {
			seqs = append(seqs, t.Seq)
		}
		ids[t.Seq] = append(ids[t.Seq], t.ID)
		if t.Out != llama.OutNone {
			outs++
		}
	}
	done := false
	defer func() {
		for _, s := range seqs {
			if done {
				s.Commit(ids[s])
			} else {
				s.Discard()
			}
		}
	}()
	p := fakePass{began: time.Since(fakeBirth), rows: len(batch), outs: outs, of: map[*kvcache.Seq]int{}}
	for _, s := range seqs {
		p.of[s] = len(ids[s])
		if s.Len()+len(ids[s]) > f.context {
			return fmt.Errorf("fake: beyond the context: %w", llama.ErrContextFull)
		}
		if err := s.Extend(len(ids[s])); err != nil {
			return err
		}
	}
	out.Reset(batch, testVocab, fakeDim)
	f.compute(batch, seqs, out)
	if err := f.sleep(ctx, len(batch)); err != nil {
		return err
	}
	p.ended = time.Since(fakeBirth)
	f.mu.Lock()
	f.passes = append(f.passes, p)
	f.mu.Unlock()
	done = true
	return nil
}

// busy notes whether a pass goes on and returns whether one did.
func (f *fake) busy(now bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	was := f.out
	f.out = now
	return was
}

// sleep takes the time of the rows, and does what the test wants in a pass.
func (f *fake) sleep(ctx context.Context, rows int) error {
	if f.before != nil {
		if err := f.before(ctx); err != nil {
			return err
		}
	}
	if f.cost > 0 {
		select {
		case <-time.After(time.Duration(rows) * f.cost):
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

// compute writes what a batch's tokens keep and give.
func (f *fake) compute(batch []llama.Token, seqs []*kvcache.Seq, out *llama.Output) {
	next := map[*kvcache.Seq]int{}
	for i, t := range batch {
		s, pos := t.Seq, t.Seq.Len()+next[t.Seq]
		next[s]++
		if long := f.long > 0 && t.Long; f.long > 0 && pos >= f.long && !long {
			panic("fake: a token beyond LongFrom that is not Long")
		}
		h := mix(f.last(s, seqs, pos), t.ID, t.Long)
		for g, group := range f.groups {
			if group.Kind == kvcache.State {
				binary.LittleEndian.PutUint64(s.State(g), h)
				continue
			}
			binary.LittleEndian.PutUint64(slot(s, g, pos), h)
		}
		if t.Out != llama.OutNone {
			fill(out.Row(i), f.sees(func(g, at int) uint64 { return binary.LittleEndian.Uint64(slot(s, g, at)) }, pos, h))
		}
	}
}

// last returns the hash of the tokens before pos, from the first group.
func (f *fake) last(s *kvcache.Seq, seqs []*kvcache.Seq, pos int) uint64 {
	if pos == 0 {
		return 0
	}
	if i := slices.Index(seqs, s); f.neighbour && i > 0 && pos <= seqs[i-1].Len() {
		s = seqs[i-1]
	}
	if f.groups[0].Kind == kvcache.State {
		return binary.LittleEndian.Uint64(s.State(0))
	}
	return binary.LittleEndian.Uint64(slot(s, 0, pos-1))
}

// ids returns n tokens that a number stands for.
func ids(seed, n int) []int32 {
	all, h := make([]int32, n), uint64(seed)*0x9e3779b97f4a7c15+1
	for i := range all {
		h = mix(h, int32(i), false)
		all[i] = int32(h % testVocab)
	}
	return all
}

// wrong returns what is wrong with the rows that a call on s gave.
func (f *fake) wrong(s *Seq, rows Rows, want int) error {
	if rows.Len() != want {
		return fmt.Errorf("%d rows, want %d", rows.Len(), want)
	}
	all := s.Tokens()
	n := testVocab
	if s.o.Embed {
		n = fakeDim
	}
	for i := range want {
		if at := len(all) - want + i; !slices.Equal(rows.At(i), f.row(all[:at+1], n)) {
			return fmt.Errorf("row of token %d of %d is not that of a run by itself", at, len(all))
		}
	}
	return nil
}

// forward makes a call that must succeed, with the rows of a run by itself.
func (f *fake) forward(t testing.TB, e *Engine, s *Seq, ids []int32, want int) {
	t.Helper()
	rows, err := e.Forward(context.Background(), s, ids, want)
	if err != nil {
		t.Errorf("Forward: %v", err)
		return
	}
	if err := f.wrong(s, rows, want); err != nil {
		t.Error(err)
	}
}
