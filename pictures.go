package chord

import (
	"container/list"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/internal/chat"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/internal/vision"
)

// A sight is what a model reads pictures with: the file of Options.MMProj.
//
// The rows of a picture have ids below 0, which are given to its content once and to no
// other: caches of prompts with pictures are then compared like those of texts.
type sight struct {
	c          *vision.Config
	begin, end []int32 // tokens around a picture
	ctx        context.Context
	close      context.CancelFunc
	encoding   chan *vision.Encoder // holds it while nobody encodes

	mu    sync.Mutex
	first map[[sha256.Size]byte]int32 // ids of the first rows
	next  int32                       // the next id
	used  list.List                   // of *engine.Picture with rows, the least recently used first
	bytes int                         // of their rows
}

const (
	// keptRows bounds the bytes of rows that are kept for prompts with the same picture.
	keptRows = 256 << 20
	// knownPictures bounds how many pictures keep their ids.
	knownPictures = 1 << 16
)

// openSight opens the mmproj file of o for m, whose text model is loaded.
func (m *Model) openSight(o *Options, tok *bpe.Tokenizer) error {
	if o.MMProj == "" {
		return nil
	}
	e, err := vision.Open(o.MMProj, o.Threads)
	if err != nil {
		return fmt.Errorf("chord: Options.MMProj: %w", err)
	}
	if err := m.checkSight(e.Config); err != nil {
		return fmt.Errorf("chord: Options.MMProj: %w", errors.Join(err, e.Close()))
	}
	s := &sight{c: e.Config, next: math.MinInt32, first: map[[sha256.Size]byte]int32{}, encoding: make(chan *vision.Encoder, 1)}
	s.ctx, s.close = context.WithCancel(context.Background())
	begin, end := e.Config.Around()
	s.begin, s.end = tok.Encode(nil, begin, bpe.EncodeOptions{NoBOS: true}), tok.Encode(nil, end, bpe.EncodeOptions{NoBOS: true})
	s.encoding <- e
	m.sight = s
	return nil
}

// checkSight returns an error if pictures by c are not for m.
func (m *Model) checkSight(c *vision.Config) error {
	own := m.llama.Config()
	switch {
	case !m.llama.TakesRows() || c.Whole() && m.llama.LongFrom() > 0:
		return fmt.Errorf("%s takes no pictures: %w", own.Arch, ErrUnsupported)
	case c.OutDim != own.Dim:
		return fmt.Errorf("rows of %d elements, those of %s have %d: %w", c.OutDim, own.Arch, own.Dim, ErrMismatch)
	}
	return nil
}

// closeSight releases what m reads pictures with.
func (m *Model) closeSight() error {
	if m.sight == nil {
		return nil
	}
	m.sight.close()
	return (<-m.sight.encoding).Close()
}

// A picture is one of a prompt.
type picture struct {
	message int // index of its message
	data    []byte
	sum     [sha256.Size]byte
	first   int32 // id of its first row
	rows    int
}

// mark returns messages in which pictures are marks in the text, a text that no message
// contains.
func mark(messages []Message) (marked []Message, list []picture, marker string) {
	if !slices.ContainsFunc(messages, func(m Message) bool { return m.pictured() }) {
		return messages, nil, ""
	}
	marker = "<__media__>" // as llama.cpp's
	contains := func(m Message) bool {
		return strings.Contains(m.Content, marker) || slices.ContainsFunc(m.Parts, func(p Part) bool { return strings.Contains(p.Text, marker) })
	}
	for n := 1; slices.ContainsFunc(messages, contains); n++ {
		marker = fmt.Sprintf("<__media_%d__>", n)
	}
	marked = slices.Clone(messages)
	for i := range marked {
		m := &marked[i]
		for _, p := range m.Parts {
			if p.Image != nil {
				list = append(list, picture{message: i, data: p.Image})
			}
		}
		if m.Parts != nil {
			m.Content, m.Parts = joinParts(m.Parts, marker), nil
		}
	}
	return marked, list, marker
}

// place gives the rows of a picture their ids.
func (s *sight) place(p *picture) error {
	width, height, err := vision.Size(p.data)
	if err != nil {
		return err
	}
	p.rows, p.sum = s.c.Rows(width, height), sha256.Sum256(p.data)
	s.mu.Lock()
	defer s.mu.Unlock()
	if first, ok := s.first[p.sum]; ok {
		p.first = first
		return nil
	}
	if int64(s.next)+int64(p.rows) > 0 {
		return fmt.Errorf("the model has read too many pictures since it was opened: %w", ErrUnsupported)
	}
	if len(s.first) == knownPictures {
		clear(s.first)
	}
	p.first = s.next
	s.first[p.sum] = p.first
	s.next += int32(p.rows)
	return nil
}

// encodePrompt returns the ids of a prompt: those of the texts around the marks in it,
// and those of the pictures.
func (m *Model) encodePrompt(ctx context.Context, tok *bpe.Tokenizer, prompt []chat.Segment, marker string, list []picture) ([]int32, error) {
	pieces := [][]chat.Segment{prompt}
	if len(list) > 0 {
		pieces = chat.Split(prompt, marker)
	}
	if len(pieces) != len(list)+1 {
		return nil, fmt.Errorf("chord: the chat template has %d of %d pictures: %w", len(pieces)-1, len(list), ErrUnsupported)
	}
	var ids []int32
	for i, piece := range pieces {
		var err error
		if ids, err = chat.Encode(ctx, ids, tok, piece, bpe.EncodeOptions{NoBOS: i > 0}); err != nil {
			return nil, err
		}
		if i == 0 {
			ids = withoutEOS(tok, ids)
		}
		if i == len(list) {
			break
		}
		if err := m.sight.place(&list[i]); err != nil {
			return nil, invalid(fmt.Sprintf("messages[%d]", list[i].message), "%v", err)
		}
		ids = append(ids, m.sight.begin...)
		for k := range list[i].rows {
			ids = append(ids, list[i].first+int32(k))
		}
		ids = append(ids, m.sight.end...)
	}
	return ids, nil
}

// rows returns the pictures with their rows, which it computes if they are not kept.
func (s *sight) rows(ctx context.Context, list []picture) (out []*engine.Picture, err error) {
	for i := range list {
		p, err := s.row(ctx, &list[i])
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// row returns a picture with its rows.
func (s *sight) row(ctx context.Context, p *picture) (*engine.Picture, error) {
	if had := s.kept(p.first); had != nil {
		return had, nil
	}
	var e *vision.Encoder
	select {
	case e = <-s.encoding:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.ctx.Done():
		return nil, fmt.Errorf("chord: %w", ErrClosed)
	}
	defer func() { s.encoding <- e }()
	if had := s.kept(p.first); had != nil { // another call has encoded it meanwhile
		return had, nil
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	rows, err := e.Encode(inner, p.data)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case s.ctx.Err() != nil:
		return nil, fmt.Errorf("chord: %w", ErrClosed)
	default:
		return nil, invalid(fmt.Sprintf("messages[%d]", p.message), "%v", err)
	}
	out := &engine.Picture{First: p.first, N: p.rows, Rows: rows, Whole: s.c.Whole()}
	s.keep(out)
	return out, nil
}

// kept returns the picture whose first id is given, if it is kept.
func (s *sight) kept(first int32) *engine.Picture {
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := s.used.Back(); e != nil; e = e.Prev() {
		if p := e.Value.(*engine.Picture); p.First == first {
			s.used.MoveToBack(e)
			return p
		}
	}
	return nil
}

// keep keeps a picture, and drops others for which there is no room.
func (s *sight) keep(p *engine.Picture) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used.PushBack(p)
	s.bytes += 4 * len(p.Rows)
	for s.bytes > keptRows && s.used.Len() > 1 {
		s.bytes -= 4 * len(s.used.Remove(s.used.Front()).(*engine.Picture).Rows)
	}
}
