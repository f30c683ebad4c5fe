package par

// drain does the pieces of participant id's own share, then those of the other
// shares, and returns when none are left. A panic ends one attempt, not the run.
func (p *Pool) drain(id int) {
	for !p.attempt(id) {
	}
	p.shares[id].busy.Store(false)
}

// attempt is drain up to the first panic, which it keeps for Run; done is
// whether there was none.
func (p *Pool) attempt(id int) (done bool) {
	t, busy := len(p.shares), &p.shares[id].busy
	defer func() {
		if !done {
			p.panicked.CompareAndSwap(nil, newPanic(recover()))
			p.done.Add(1) // the piece that panicked
		}
	}()
	for i := range t {
		s := &p.shares[(id+i)%t]
		for {
			piece, ok := s.claim()
			if !ok {
				break
			}
			if !busy.Load() {
				busy.Store(true)
			}
			p.do(id, piece)
			p.done.Add(1)
		}
	}
	return true
}
