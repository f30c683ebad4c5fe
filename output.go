package chord

// An output is the way of tokens to the caller. It holds back those whose text
// may be part of a stop string, and the last one while its character is not
// complete, for the rest of the text to belong to something.
type output struct {
	yield      func(Token, error) bool
	stops      stops
	unfinished bool // the last token ends within a character
	left       bool // the caller has left the loop

	held []Token // from head on: not yet yielded
	head int
	at   int // bytes of text before held[head]
	end  int // bytes of text in all
}

// add takes the next token and yields what is decided. It reports whether a
// stop string is complete, which ends the text before it, and whether the
// caller wants more.
func (o *output) add(t Token) (stopped, ok bool) {
	o.held = append(o.held, t)
	start, stopped := o.stops.feed(t.Text, o.end)
	o.end += len(t.Text)
	if stopped {
		o.release(start, 0)
		if o.head < len(o.held) && o.at < start {
			cut := o.held[o.head]
			cut.Text = cut.Text[:start-o.at]
			o.send(cut)
		}
		o.held, o.head = o.held[:0], 0
		return true, !o.left
	}
	keep := 0
	if o.unfinished {
		keep = 1
	}
	o.release(o.end-o.stops.open(), keep)
	return false, !o.left
}

// flush yields what was held back, with rest at the end of it, as no stop
// string will come. It reports whether the caller wants more.
func (o *output) flush(rest string) bool {
	if n := len(o.held); n > o.head {
		o.held[n-1].Text += rest
	}
	o.end += len(rest)
	o.release(o.end, 0)
	return !o.left
}

// release yields the tokens that end in the first decided bytes of the text,
// but keeps the last keep tokens.
func (o *output) release(decided, keep int) {
	for o.head < len(o.held)-keep && o.at+len(o.held[o.head].Text) <= decided && !o.left {
		t := o.held[o.head]
		o.head++
		o.at += len(t.Text)
		o.send(t)
	}
	if o.head*2 >= len(o.held) { // moving the rest costs no more than sending did
		o.held, o.head = o.held[:copy(o.held, o.held[o.head:])], 0
	}
}

// send yields t.
func (o *output) send(t Token) { o.left = o.left || !o.yield(t, nil) }
