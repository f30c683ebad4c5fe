package llama

import (
	"context"
	"errors"
	"fmt"

	"github.com/querent-ai/chord/internal/kvcache"
)

// maxWritten bounds what is remembered of sequences.
const maxWritten = 1024

// takeOver makes the CPU compute from now on, since the device has failed.
func (m *Model) takeOver(cause error) error {
	d := m.device
	d.device.Close()
	m.device = deviceState{stale: true, bytes: d.bytes, written: map[*kvcache.Seq]struct{}{}}
	w, err := loadWeights(d.file, m.config, m.pool, repackBudget(d.file, d.options), nil)
	if err != nil {
		m.device = d // the next call tries again
		return fmt.Errorf("llama: the device has failed: %w", errors.Join(cause, err))
	}
	m.weights, m.targets = w, w.targets
	m.ropes = newRopes(&m.config, w.RopeFactors, w.RopeLong)
	m.pass = newPass(m)
	return nil
}

// rewrite computes the keys and values of the batch's sequences that the device had.
func (p *pass) rewrite(ctx context.Context, d *deviceState) error {
	if !d.stale {
		return nil
	}
	for _, s := range p.seqs {
		if _, ok := d.written[s.seq]; ok {
			continue
		}
		if err := p.rewriteSeq(ctx, s.seq); err != nil {
			return err
		}
		if len(d.written) == maxWritten {
			clear(d.written)
		}
		d.written[s.seq] = struct{}{}
	}
	return nil
}

// rewriteSeq computes the keys and values of all tokens that s has. Other sequences with
// some of its pages have the same tokens there.
func (p *pass) rewriteSeq(ctx context.Context, s *kvcache.Seq) error {
	ids := s.IDs()
	saved := p.batch
	defer func() { p.batch = saved }()
	p.batch = batch{out: new(Output), seqs: []batchSeq{{seq: s, tokens: len(ids)}}, pos: make([]int, len(ids)), seqOf: make([]int, len(ids))}
	tokens := make([]Token, len(ids))
	for i, id := range ids {
		tokens[i], p.pos[i] = Token{Seq: s, ID: id}, i
	}
	p.out.Reset(tokens, p.c.Vocab, p.c.Dim)
	for lo := 0; lo < len(ids); lo += p.pieceTokens {
		if err := p.run(ctx, lo, tokens[lo:min(lo+p.pieceTokens, len(ids))]); err != nil {
			return err
		}
	}
	return nil
}
