package generate

// hold takes the next token and gives out those that are decided. It reports whether
// the text ends.
func (t *Text) hold(k Token) (end bool, err error) {
	t.waiting = append(t.waiting, k)
	back, stopped := t.ban.Add(k.ID)
	if back > 0 {
		t.takeBack(back)
		return false, nil
	}
	last := stopped || t.Result.Generated == t.Params.MaxTokens || t.full()
	stopped, ok := t.giveOut(t.ban.Decided(last))
	return t.ended(stopped, ok)
}

// giveOut delivers the first n waiting tokens.
func (t *Text) giveOut(n int) (stopped, ok bool) {
	given := 0
	for ok = true; given < n && ok && !stopped; given++ {
		stopped, ok = t.deliver(t.waiting[given])
	}
	t.waiting = t.waiting[:copy(t.waiting, t.waiting[given:])]
	if t.Guide != nil {
		t.Guide.decided(given)
	}
	return stopped, ok
}

// takeBack takes the last n tokens back: the next one is drawn in the place of the
// first of them.
func (t *Text) takeBack(n int) {
	first := t.waiting[len(t.waiting)-n].ID
	t.waiting = t.waiting[:len(t.waiting)-n]
	t.ban.Back(n, first)
	t.Result.Generated -= n
	t.sampler.Rewind(n)
	switch {
	case t.Guide != nil:
		t.Guide.back(n)
	case t.grammar != nil:
		t.grammar.Back(n)
	}
	if t.Record != nil {
		t.Record.back(n)
	}
	if n == 1 { // the logits are still there
		t.Pending, t.Logits = nil, t.raw
		return
	}
	at := t.Result.Prompt + t.Result.Generated - 1
	last := t.Seq.Tokens()[at]
	t.Seq.Rewind(at)
	t.kept = at
	t.next[0] = last
	t.Pending = t.next[:]
	if s := t.spec; s != nil {
		s.forget(at)
	}
}
